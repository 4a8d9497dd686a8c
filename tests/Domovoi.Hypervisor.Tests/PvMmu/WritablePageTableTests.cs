// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Mmu;
using Domovoi.Hypervisor.Frames;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.PvMmu;

/// <summary>The guest's kernel stores to a level 1 table it has mapped read-only.</summary>
public sealed class WritablePageTableTests : IDisposable
{
    private const ulong Window = TestDomain.Pages + (15 * 4096);
    private const ulong Slot = Window + (3 * 8);
    private const PageFaultErrorCode WriteFault = PageFaultErrorCode.Present | PageFaultErrorCode.Write;

    private readonly TestDomain _test = TestDomain.Create();
    private readonly Mfn _table;
    private readonly Mfn _data;

    public WritablePageTableTests()
    {
        FrameTable frames = _test.Domain.Frames;
        _table = frames.AllocateRam(new Pfn(90));
        _data = frames.AllocateRam(new Pfn(91));
        Assert.Equal(XenError.None, _test.Domain.PageTables.Pin(_table, 1));
        Assert.Equal(0, _test.Hypercall(HypercallNumber.UpdateVaMapping, Window, Entry(_table, TableGuest.Flags), 2));
        _test.State.Rax = Slot;
    }

    [Fact]
    public void Emulate_AMove_StoresTheEntryAndCountsItsTarget()
    {
        _test.State.Rbx = Entry(_data, TableGuest.Writable);

        Assert.True(Emulate(0x48, 0x89, 0x18));                       // mov [rax], rbx
        Assert.Equal(_test.State.Rbx, Stored);
        Assert.Equal(TestDomain.Pages + 3, _test.State.Rip);
        Assert.Equal((FrameType.Writable, 1u), Use(_data));
    }

    [Fact]
    public void Emulate_AnExchange_GivesTheOldEntryBack()
    {
        Emulate_AMove_StoresTheEntryAndCountsItsTarget();
        ulong old = Stored;
        _test.State.Rbx = 0;

        Assert.True(Emulate(0x48, 0x87, 0x18));                       // xchg [rax], rbx
        Assert.Equal((old, 0UL), (_test.State.Rbx, Stored));
        Assert.Equal(0u, Use(_data).Count);
    }

    [Fact]
    public void Emulate_ClearingTheWritableBit_DropsTheWritableReference()
    {
        Emulate_AMove_StoresTheEntryAndCountsItsTarget();

        Assert.True(Emulate(0xF0, 0x80, 0x20, 0xFD));                 // lock and byte [rax], 0xfd
        Assert.Equal(Entry(_data, TableGuest.Flags), Stored);
        Assert.Equal(0u, Use(_data).Count);
    }

    [Fact]
    public void Emulate_ACompareExchangeThatFails_ChangesNothing()
    {
        Emulate_AMove_StoresTheEntryAndCountsItsTarget();
        ulong old = Stored;
        _test.State.Rcx = 0;
        _test.State.Rdx = Slot;
        _test.State.Rax = 12345;

        Assert.True(Emulate(0xF0, 0x48, 0x0F, 0xB1, 0x0A));           // lock cmpxchg [rdx], rcx
        Assert.Equal((old, old), (_test.State.Rax, Stored));
    }

    [Fact]
    public void Emulate_AnEntryTheGuestMayNotMake_IsTheGuestsFault()
    {
        _test.State.Rbx = Entry(_table, TableGuest.Writable);

        Assert.False(Emulate(0x48, 0x89, 0x18));
        Assert.Equal((0UL, TestDomain.Pages), (Stored, _test.State.Rip));
    }

    [Fact]
    public void Emulate_AFaultOnOrdinaryReadOnlyMemory_IsTheGuestsFault()
    {
        _test.Hypercall(HypercallNumber.UpdateVaMapping, Window, Entry(_data, TableGuest.Flags), 2);

        Assert.False(Emulate(0x48, 0x89, 0x18));
    }

    public void Dispose() => _test.Dispose();

    private static ulong Entry(Mfn frame, ulong flags) => PageTableEntry.Of(frame.Value, flags).Value;

    private ulong Stored => _test.Domain.Memory.FrameWords(_table.Value)[3];

    private (FrameType Type, uint Count) Use(Mfn frame)
    {
        (_, FrameType type, uint count, _, _) = _test.Domain.Frames.Describe(frame);
        return (type, count);
    }

    private bool Emulate(params byte[] code)
    {
        Assert.True(_test.Vcpu.TryWrite(TestDomain.Pages, code));
        _test.State.Rip = TestDomain.Pages;
        return WritablePageTable.TryEmulate(
            _test.Domain.Frames, _test.Domain.PageTables, _test.Vcpu.AddressSpace, Slot, WriteFault);
    }
}
