// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary>Long calls give way after each part of their work, and come to the same end as if they had not.</summary>
public sealed class ContinuationTests : IDisposable
{
    private const ulong Target = TestDomain.Pages + (10 * 4096);
    private const int Items = 100;
    private readonly TestDomain _domain = TestDomain.Create();

    [Fact]
    public void Call_WithNothingToGiveWayTo_IsMadeOnce()
    {
        PutStores();
        _domain.Vcpu.TakeRequests();
        Assert.Equal(0, _domain.Hypercall(HypercallNumber.MmuUpdate, TestDomain.Scratch, Items, Target - 8, Self));
        Assert.Equal((TestDomain.Pages, (uint)Items), (_domain.State.Rip, _domain.Read<uint>(Target - 8)));
    }

    [Fact]
    public void MmuUpdate_ThatGivesWay_AppliesEachRequestOnceAndCountsThemAll()
    {
        PutStores();
        int rounds = CallUntilDone(HypercallNumber.MmuUpdate, TestDomain.Scratch, Items, Target - 8, Self);
        Assert.Equal((4, (uint)Items), (rounds, _domain.Read<uint>(Target - 8)));
        Assert.All(Enumerable.Range(0, Items), i => Assert.Equal((ulong)i, _domain.Read<ulong>(Target + ((ulong)i * 8))));
    }

    [Fact]
    public void MmuExtOp_ThatGivesWay_CountsThemAll()
    {
        for (int i = 0; i < 10; i++)
        {
            Put(i, new MmuExtendedRequest { Command = MmuExtendedCommand.FlushLocal });
        }

        Assert.Equal(10, CallUntilDone(HypercallNumber.MmuExtOp, TestDomain.Scratch, 10, Target, Self));
        Assert.Equal(10U, _domain.Read<uint>(Target));
    }

    [Fact]
    public void MemoryOp_ThatGivesWay_ReturnsAllExtents()
    {
        ulong before = _domain.Domain.Frames.CurrentPages;
        XenMemoryReservation request = new() { ExtentCount = 5, Domain = DomainId.Self };
        _domain.Write(TestDomain.Scratch, in request);
        Assert.Equal(5, CallUntilDone(HypercallNumber.MemoryOp, (ulong)MemoryCommand.IncreaseReservation, TestDomain.Scratch));
        Assert.Equal((5UL, before + 5), (_domain.State.Rax, _domain.Domain.Frames.CurrentPages));
    }

    [Fact]
    public void GrantTableOp_ThatGivesWay_AnswersEachElement()
    {
        for (int i = 0; i < 6; i++)
        {
            Put(i, new GnttabCopy { Status = GrantStatus.Okay, Length = 60000 });
        }

        Assert.Equal(6, CallUntilDone(HypercallNumber.GrantTableOp, (ulong)GrantTableCommand.Copy, TestDomain.Scratch, 6));
        Assert.All(Enumerable.Range(0, 6), i => Assert.NotEqual(GrantStatus.Okay, Get<GnttabCopy>(i).Status));
    }

    [Fact]
    public void SetTrapTable_ThatGivesWay_TakesEveryEntry()
    {
        for (int i = 0; i < 5; i++)
        {
            Put(i, new TrapInfo { Vector = (byte)(40 + i), Address = 0x1000UL + (ulong)i });
        }

        Put(5, default(TrapInfo));
        Assert.Equal(6, CallUntilDone(HypercallNumber.SetTrapTable, TestDomain.Scratch));
        Assert.All(Enumerable.Range(0, 5), i => Assert.Equal(0x1000UL + (ulong)i, _domain.Vcpu.EntryPoints.Trap((byte)(40 + i)).Address));
    }

    [Fact]
    public void ConsoleIo_ThatGivesWay_WritesEverything()
    {
        Assert.Equal(3, CallUntilDone(HypercallNumber.ConsoleIo, (ulong)ConsoleIoCommand.Write, 3000, TestDomain.Scratch));
    }

    [Fact]
    public void Multicall_ThatGivesWay_ContinuesInsideItsEntries()
    {
        PutStores();
        const ulong list = TestDomain.Pages + (14 * 4096);
        PutEntry(list, HypercallNumber.StackSwitch, 0, 0x1000);
        PutEntry(list + MulticallEntry.Size, HypercallNumber.MmuUpdate, TestDomain.Scratch, Items, Target - 8, Self);
        PutEntry(list + (2 * MulticallEntry.Size), HypercallNumber.StackSwitch, 0, 0x2000);

        Assert.Equal(6, CallUntilDone(HypercallNumber.Multicall, list, 3));
        Assert.Equal((0UL, 0x2000UL), (_domain.State.Rax, _domain.Vcpu.KernelStackPointer));
        Assert.Equal((ulong)(Items - 1), _domain.Read<ulong>(Target + ((Items - 1) * 8)));
        Assert.Equal(0, _domain.Read<MulticallEntry>(list + MulticallEntry.Size).Result);
    }

    public void Dispose() => _domain.Dispose();

    private static ulong Self => DomainId.Self.Value;

    /// <summary>Plain stores by <c>mmu_update</c>: i to the i-th word of <see cref="Target"/>.</summary>
    private void PutStores()
    {
        Assert.True(_domain.Vcpu.Cpu.TryTranslate(Target, Cpu.Mmu.Access.Write, out Memory.PhysicalAddress place, out _));
        for (int i = 0; i < Items; i++)
        {
            Put(i, new MmuUpdateRequest { Pointer = (place + ((ulong)i * 8)).Value, Value = (ulong)i });
        }
    }

    private void Put<T>(int index, in T value)
        where T : unmanaged => _domain.Write(TestDomain.Scratch + ((ulong)index * (ulong)Unsafe.SizeOf<T>()), in value);

    private T Get<T>(int index)
        where T : unmanaged => _domain.Read<T>(TestDomain.Scratch + ((ulong)index * (ulong)Unsafe.SizeOf<T>()));

    private void PutEntry(ulong place, HypercallNumber number, params ReadOnlySpan<ulong> arguments)
    {
        MulticallEntry entry = new() { Operation = (ulong)number };
        for (int i = 0; i < arguments.Length; i++)
        {
            entry.Arguments[i] = arguments[i];
        }

        _domain.Write(place, in entry);
    }

    /// <summary>Makes a call while there always is something to give way to; returns how often it was made.</summary>
    private int CallUntilDone(HypercallNumber number, ulong a0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        ref Cpu.State.CpuState state = ref _domain.State;
        (state.Rax, state.Rdi, state.Rsi, state.Rdx, state.R10) = ((ulong)number, a0, a1, a2, a3);
        _domain.Vcpu.Request(VcpuRequests.TimerDue);
        for (int calls = 1; ; calls++)
        {
            ulong rip = state.Rip;
            HypercallTable.Call(_domain.Vcpu);
            if (state.Rip == rip)
            {
                return calls;
            }

            Assert.Equal((rip - 2, (ulong)number), (state.Rip, state.Rax));
        }
    }
}
