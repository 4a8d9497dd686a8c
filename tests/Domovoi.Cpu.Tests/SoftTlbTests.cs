// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Mmu;
using Domovoi.Cpu.State;
using Domovoi.Cpu.Tests.Machines;
using Domovoi.Linux;
using Domovoi.Memory;
using static Iced.Intel.AssemblerRegisters;

namespace Domovoi.Cpu.Tests;

/// <summary>The TLB's tables: what shares a slot, what lies at their ends, and what a full log does.</summary>
public sealed unsafe class SoftTlbTests : IDisposable
{
    private const ulong FourGiB = 1UL << 32;
    private const ulong Page = TestMachine.Data;
    private const PageBits Everything = PageBits.User | PageBits.Write;
    private const PageBits Used = PageBits.Accessed | PageBits.Dirty;

    private readonly GuestMemory _memory = new(16);
    private readonly byte* _block = (byte*)MemoryMapping.MapAnonymous(StateLayout.Size, PageProtection.Read | PageProtection.Write);
    private readonly SoftTlb _tlb;

    public SoftTlbTests() => _tlb = new SoftTlb(_block, _memory);

    public void Dispose()
    {
        _tlb.Dispose();
        MemoryMapping.Unmap((nint)_block, StateLayout.Size);
        _memory.Dispose();
    }

    public static TheoryData<ulong> Addresses =>
    [
        0, 1, 0xFFF, 0x1000, 0xFFFF_F000, 0xFFFF_FFFF, FourGiB, FourGiB - 1, 0x7FFF_FFFF_FFFF, 0x8000_0000, 0xFFFF_8000_0000_0000,
        0xFFFF_FFFF_0000_0000, 0xFFFF_FFFF_FFFF_F000, ulong.MaxValue,
    ];

    [Theory]
    [MemberData(nameof(Addresses))]
    public void EmptyTables_KnowNothing(ulong linear)
    {
        for (int step = 0; step < 3; step++)
        {
            foreach (CpuMode mode in (CpuMode[])[CpuMode.Kernel, CpuMode.User])
            {
                Assert.Equal(0, _tlb.Probe(mode, write: false, linear, 1));
                Assert.Equal(0, _tlb.Probe(mode, write: true, linear, 1));
                _tlb.Insert(mode, write: true, linear, Host(1));
                _tlb.Insert(mode, write: false, linear, Host(1));
                Assert.NotEqual(0, _tlb.Probe(mode, write: true, linear, 1));
            }

            Empty(step, linear);
        }
    }

    [Fact]
    public void Pages_OfOneSlot_ReplaceEachOther()
    {
        _tlb.Insert(CpuMode.User, write: true, 0x5000, Host(1));
        _tlb.Insert(CpuMode.User, write: false, FourGiB + 0x5000, Host(2));
        Assert.Equal(0, _tlb.Probe(CpuMode.User, write: true, 0x5008, 8));
        Assert.Equal(0, _tlb.Probe(CpuMode.User, write: false, 0x5008, 8));
        Assert.Equal(Host(2) + 8, _tlb.Probe(CpuMode.User, write: false, FourGiB + 0x5008, 8));
        Assert.Equal(0, _tlb.Probe(CpuMode.User, write: true, FourGiB + 0x5008, 8));
    }

    [Fact]
    public void Page_ReadThroughANewMapping_LosesItsOldWrites()
    {
        _tlb.Insert(CpuMode.User, write: true, 0x5000, Host(1));
        _tlb.Insert(CpuMode.User, write: false, 0x5000, Host(2));
        Assert.Equal(0, _tlb.Probe(CpuMode.User, write: true, 0x5000, 1));
    }

    [Fact]
    public void Frame_WrittenAtTwoPages_IsRevokedAtBoth()
    {
        _tlb.Insert(CpuMode.Kernel, write: true, 0xFFFF_8000_0000_3000, Host(3));
        _tlb.Insert(CpuMode.Kernel, write: true, 0x9000, Host(3));
        _tlb.Insert(CpuMode.User, write: true, 0x9000, Host(3));
        _tlb.Insert(CpuMode.User, write: false, 0x9000, Host(3));
        _tlb.RevokeWrites(3);
        Assert.Equal(0, _tlb.Probe(CpuMode.Kernel, write: true, 0xFFFF_8000_0000_3000, 1));
        Assert.Equal(0, _tlb.Probe(CpuMode.Kernel, write: true, 0x9000, 1));
        Assert.Equal(0, _tlb.Probe(CpuMode.User, write: true, 0x9000, 1));
        Assert.Equal(Host(3), _tlb.Probe(CpuMode.User, write: false, 0x9000, 1));
    }

    [Fact]
    public void FullLog_StartsOver()
    {
        for (ulong page = 0; page <= StateLayout.LogCapacity; page++)
        {
            _tlb.Insert(CpuMode.User, write: false, page << 12, Host(1));
        }

        Assert.Equal(0, _tlb.Probe(CpuMode.User, write: false, 0x1000, 1));
        Assert.Equal(Host(1), _tlb.Probe(CpuMode.User, write: false, (ulong)StateLayout.LogCapacity << 12, 1));
        _tlb.FlushLowerHalf();
        Assert.Equal(0, _tlb.Probe(CpuMode.User, write: false, (ulong)StateLayout.LogCapacity << 12, 1));
    }

    [Fact]
    public void LowerHalf_IsFlushedAlone()
    {
        const ulong high = 0xFFFF_8000_0000_7000;
        _tlb.Insert(CpuMode.Kernel, write: true, high, Host(1));
        for (int i = 0; i <= SoftTlb.FlushesBetweenTrims; i++)
        {
            _tlb.Insert(CpuMode.Kernel, write: true, 0x6000, Host(2));
            _tlb.FlushLowerHalf();
        }

        Assert.Equal(0, _tlb.Probe(CpuMode.Kernel, write: true, 0x6000, 1));
        Assert.Equal(Host(1), _tlb.Probe(CpuMode.Kernel, write: true, high, 1));
    }

    [Fact]
    public void CodePages_AGigabyteApart_ShareASlot_AndFlushesForgetThem()
    {
        const ulong gigabyte = 1UL << 30;
        const ulong high = 0xFFFF_8000_0000_7000;
        _tlb.RememberCode(CpuMode.User, 0x5000, 1);
        _tlb.RememberCode(CpuMode.User, 0x5000 + (gigabyte / 2), 2);
        _tlb.RememberCode(CpuMode.Kernel, high, 3);
        Assert.Equal(1, _tlb.CodeOf(CpuMode.User, 0x5000));
        Assert.Equal(0, _tlb.CodeOf(CpuMode.Kernel, 0x5000));
        _tlb.RememberCode(CpuMode.User, 0x5000 + gigabyte, 4);
        Assert.Equal(4, _tlb.CodeOf(CpuMode.User, 0x5000));
        _tlb.FlushLowerHalf();
        Assert.Equal(0, _tlb.CodeOf(CpuMode.User, 0x5000));
        Assert.Equal(0, _tlb.CodeOf(CpuMode.User, 0x5000 + (gigabyte / 2)));
        Assert.Equal(3, _tlb.CodeOf(CpuMode.Kernel, high));
        _tlb.RememberCode(CpuMode.Kernel, 0x5000, 5);
        _tlb.FlushLowerHalf();
        Assert.Equal(0, _tlb.CodeOf(CpuMode.Kernel, 0x5000));
        _tlb.RememberCode(CpuMode.Kernel, high, 6);
        _tlb.Flush();
        Assert.Equal(0, _tlb.CodeOf(CpuMode.Kernel, high));
    }

    [Fact]
    public void CodePages_RememberedAndForgottenWithoutEnd_TakeNoMoreThanALog()
    {
        for (int i = 0; i <= StateLayout.LogCapacity; i++)
        {
            _tlb.RememberCode(CpuMode.User, 0x6000, 7);
            _tlb.Invalidate(0x6000);
        }

        _tlb.RememberCode(CpuMode.User, 0x7000, 8);
        Assert.Equal(8, _tlb.CodeOf(CpuMode.User, 0x7000));
        _tlb.FlushLowerHalf();
        Assert.Equal(0, _tlb.CodeOf(CpuMode.User, 0x7000));
    }

    /// <summary>The emitted walk keeps the same rule: an alias that was written before may not write code unseen.</summary>
    [Fact]
    public void Store_ThroughAnOlderAlias_IsSeenByCode()
    {
        using TestMachine machine = new(CpuMode.User);
        ulong code = TestMachine.Code + 0x1000;
        ulong frame = machine.Map(code, Everything | Used);
        machine.Space.Map(Page, frame, Everything | Used);
        machine.Space.Map(Page + 0x1000, frame, Everything | Used);
        machine.RunToHalt(c =>
        {
            c.mov(rbx, Page);
            c.mov(__dword_ptr[rbx], 0xC301C083);              // add eax, 1; ret
            c.mov(__byte_ptr[rbx + 0x1000 + 2], 2);           // add eax, 2
            c.mov(__byte_ptr[rbx + 2], 3);
            c.xor(eax, eax);
            c.mov(rdx, code);
            c.call(rdx);
            c.mov(__byte_ptr[rbx + 2], 5);
            c.call(rdx);
            c.mov(__byte_ptr[rbx + 0x1000 + 2], 7);
            c.call(rdx);
        });
        Assert.Equal(15UL, machine.State.Rax);
    }

    private nint Host(ulong frame) => _memory.HostBase + (nint)(frame << PhysicalAddress.PageShift);

    private void Empty(int way, ulong linear)
    {
        switch (way)
        {
            case 0:
                _tlb.Flush();
                break;
            case 1:
                _tlb.Invalidate(linear);
                break;
            default:
                for (int i = 0; i <= SoftTlb.FlushesBetweenTrims; i++)
                {
                    _tlb.Flush();
                }

                break;
        }
    }
}
