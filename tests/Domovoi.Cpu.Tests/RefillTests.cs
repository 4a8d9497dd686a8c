// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Run;
using Domovoi.Cpu.State;
using Domovoi.Cpu.Tests.Machines;
using Domovoi.Memory;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Domovoi.Cpu.Tests;

/// <summary>What translated code settles without C#: TLB misses on pages used before, and branches to code that was replaced.</summary>
public sealed class RefillTests : IDisposable
{
    private const ulong Page = TestMachine.Data;
    private const PageBits Everything = PageBits.User | PageBits.Write | PageBits.NoExecute;
    private const PageBits Used = PageBits.Accessed | PageBits.Dirty;

    private readonly TestMachine _machine = new(CpuMode.User);

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void Access_ToAPageUsedBefore_IsRefilledInTranslatedCode()
    {
        ulong frame = _machine.Map(Page, Everything | Used);
        _machine.RunToHalt(c => { c.mov(rbx, Page); c.mov(rcx, __qword_ptr[rbx]); });
        long before = SlowAccessesOf(c => { c.mov(rbx, Page + 8); c.mov(__qword_ptr[rbx], 0x1234); c.mov(rcx, __qword_ptr[rbx]); });
        Assert.Equal(0, before);
        Assert.Equal(0x1234UL, _machine.State.Rcx);
        Assert.True(_machine.Memory.TryRead(PhysicalAddress.OfFrame(frame) + 8, out ulong stored));
        Assert.Equal(0x1234UL, stored);
    }

    [Theory]
    [InlineData(Everything, 7u, false)]
    [InlineData(PageBits.User | Used, 7u, true)]
    [InlineData(PageBits.Write | Used, 7u, true)]
    internal void Store_ThatARefillMayNotServe_GoesTheLongWay(PageBits bits, uint error, bool faults)
    {
        _machine.Map(Page, bits);
        long slow = SlowAccessesOf(c => { c.mov(rbx, Page); c.mov(__dword_ptr[rbx], eax); });
        Assert.Equal(1, slow);
        Assert.Equal(faults, _machine.Exit.Reason == ExitReason.Exception);
        Assert.Equal(faults ? error : 0, _machine.Exit.ErrorCode);
    }

    [Fact]
    public void Flags_LiveAcrossARefill_Stay()
    {
        _machine.Map(Page, Everything | Used);
        _machine.RunToHalt(c =>
        {
            c.mov(rbx, Page);
            c.mov(eax, 0x7FFFFFFF);
            c.add(eax, 1);                                   // OF, SF, AF, PF
            c.mov(rcx, __qword_ptr[rbx]);
            c.pushfq();
            c.pop(rdx);
        });
        Assert.Equal(0x894UL, _machine.State.Rdx & 0x8D5);
    }

    [Fact]
    public void Store_ToAPageWithCode_IsSeen()
    {
        _machine.Space.Entry(TestMachine.Code, 1) |= (ulong)Used;
        long stores = _machine.Cpu.Counters.CodeStores;
        _machine.RunToHalt(c => { c.mov(rbx, TestMachine.Code + 0x800); c.mov(__byte_ptr[rbx], 1); });
        Assert.Equal(stores + 1, _machine.Cpu.Counters.CodeStores);
    }

    [Fact]
    public void Call_OfAPageWhoseCodeWasReplaced_LeavesTranslatedCodeOnceOnly()
    {
        const ulong callee = TestMachine.Code + 0x1000;
        ulong frame = _machine.Map(callee, PageBits.User);
        Place(frame, c => { c.add(rax, 1); c.ret(); });
        CallManyTimes(callee, times: 50);
        Place(frame, c => { c.add(rax, 2); c.ret(); });
        long before = _machine.Cpu.Counters.Dispatches;
        CallManyTimes(callee, times: 5000);
        Assert.Equal(10_000UL, _machine.State.Rax);
        Assert.InRange(_machine.Cpu.Counters.Dispatches - before, 0, 20);
    }

    private void CallManyTimes(ulong callee, uint times) => _machine.RunToHalt(c =>
    {
        Label head = c.CreateLabel();
        c.xor(eax, eax);
        c.mov(ecx, times);
        c.Label(ref head);
        c.call(callee);
        c.dec(ecx);
        c.jne(head);
    });

    private void Place(ulong frame, Action<Assembler> write)
    {
        var assembler = new Assembler(64);
        write(assembler);
        var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), 0);
        Assert.True(_machine.Memory.TryWrite(PhysicalAddress.OfFrame(frame), stream.ToArray()));
    }

    private long SlowAccessesOf(Action<Assembler> write)
    {
        _machine.Load(write);
        _machine.Cpu.FlushTlb();
        long before = _machine.Cpu.Counters.SlowAccesses;
        _machine.Cpu.Run();
        return _machine.Cpu.Counters.SlowAccesses - before;
    }
}
