// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Frames;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.PvMmu;

public sealed class MmuHypercallTests : IDisposable
{
    private const ulong Page = TestDomain.Pages + (14 * 4096);

    private readonly TestDomain _test = TestDomain.Create();

    [Fact]
    public void UpdateVaMapping_WithAFlush_ShowsTheNewFrame()
    {
        Mfn frame = _test.Domain.Frames.AllocateRam(new Pfn(77));
        _test.Domain.Memory.FrameWords(frame.Value)[0] = 42;
        _test.Read<ulong>(Page);

        Assert.Equal(0, UpdateVa(Page, PageTableEntry.Of(frame.Value, TableGuest.Writable).Value, flags: 2));
        Assert.Equal(42UL, _test.Read<ulong>(Page));
    }

    [Theory]
    [InlineData(0xFFFF_8000_0000_0000)]     // the hypervisor's
    [InlineData(0x0000_8000_0000_0000)]     // not canonical
    [InlineData(0x0000_1000_0000_0000)]     // nothing there
    public void UpdateVaMapping_WhereNoTableIs_IsRefused(ulong linear) =>
        Assert.Equal((long)XenError.InvalidArgument, UpdateVa(linear, 0, flags: 6));

    [Fact]
    public void MmuUpdate_OfAListThatEndsUnreadable_CountsWhatWasDone()
    {
        Mfn frame = _test.Domain.Frames.AllocateRam(new Pfn(77));
        ulong list = TestDomain.Pages + (16 * 4096) - 32;
        MmuUpdateRequest request = new() { Pointer = frame.Value << 12, Value = 5 };
        _test.Write(list, in request);
        _test.Write(list + 16, in request);

        long result = _test.Hypercall(HypercallNumber.MmuUpdate, list, 3, TestDomain.Scratch);
        Assert.Equal((long)XenError.NotPermitted, result);               // R10 is 0: domain 0
        _test.State.R10 = DomainId.Self.Value;
        Assert.Equal((long)XenError.BadAddress, _test.Hypercall(HypercallNumber.MmuUpdate, list, 3, TestDomain.Scratch));
        Assert.Equal(2u, _test.Read<uint>(TestDomain.Scratch));
    }

    [Fact]
    public void MmuExtOp_WithHostileArguments_AnswersAsXen()
    {
        Assert.Equal((long)XenError.InvalidArgument, Extended(MmuExtendedCommand.PinLevel4, ulong.MaxValue));
        Assert.Equal((long)XenError.InvalidArgument, Extended(MmuExtendedCommand.Unpin, 0xFF_FFFF_FFFF));
        Assert.Equal((long)XenError.InvalidArgument, Extended(MmuExtendedCommand.NewBasePointer, 5));
        Assert.Equal((long)XenError.InvalidArgument, Extended(MmuExtendedCommand.SetLdt, 0x123, 1));
        Assert.Equal((long)XenError.InvalidArgument, Extended(MmuExtendedCommand.SetLdt, TestDomain.Pages, 8193));
        Assert.Equal((long)XenError.InvalidArgument, Extended(MmuExtendedCommand.FlushMulti, 0, 1));
        Assert.Equal((long)XenError.NotSupported, Extended(MmuExtendedCommand.MarkSuperpage, 0));
        Assert.Equal((long)XenError.NotImplemented, Extended((MmuExtendedCommand)14, 0));
        Assert.Equal(0, Extended(MmuExtendedCommand.InvalidateAll, 0x8000_0000_0000_0000));
    }

    [Fact]
    public void SetGdt_WithAWritableFrame_IsRefusedUntilItIsReadOnly()
    {
        Mfn frame = _test.Domain.Frames.AllocateRam(new Pfn(77));
        _test.Domain.Memory.FrameWords(frame.Value)[2] = 0x00AF_9B00_0000_FFFF;
        UpdateVa(Page, PageTableEntry.Of(frame.Value, TableGuest.Writable).Value, flags: 2);
        _test.Write(TestDomain.Scratch, in frame);

        Assert.Equal((long)XenError.InvalidArgument, _test.Hypercall(HypercallNumber.SetGdt, TestDomain.Scratch, 16, 0));
        UpdateVa(Page, PageTableEntry.Of(frame.Value, TableGuest.Flags).Value, flags: 2);
        Assert.Equal(0, _test.Hypercall(HypercallNumber.SetGdt, TestDomain.Scratch, 16, 0));
        Assert.Equal(0x00AF_FB00_0000_FFFFUL, _test.Read<ulong>(Page + 16));        // privilege 3
        Assert.Equal(0, _test.Hypercall(HypercallNumber.SetGdt, TestDomain.Scratch, 0, 0));
        Assert.Equal(0u, _test.Domain.Frames.Describe(frame).TypeCount);
    }

    [Theory]
    [InlineData(0x0000_8900_0000_0000UL)]   // a task state segment
    [InlineData(0x0000_8200_0000_0000UL)]   // a local descriptor table
    [InlineData(0x0000_8E00_0000_0000UL)]   // an interrupt gate
    public void UpdateDescriptor_OfASystemSegment_IsRefused(ulong descriptor)
    {
        Mfn frame = _test.Domain.Frames.AllocateRam(new Pfn(77));

        Assert.Equal((long)XenError.InvalidArgument, _test.Hypercall(HypercallNumber.UpdateDescriptor, frame.Value << 12, descriptor, 0));
        Assert.Equal((long)XenError.InvalidArgument, _test.Hypercall(HypercallNumber.UpdateDescriptor, (frame.Value << 12) + 4, 0, 0));
        Assert.Equal(0, _test.Hypercall(HypercallNumber.UpdateDescriptor, frame.Value << 12, 0x00CF_F300_0000_FFFF, 0));
    }

    [Fact]
    public void MemoryOp_Queries_TellTheDomainsSize()
    {
        DomainId self = DomainId.Self;
        long current = Memory(MemoryCommand.CurrentReservation, in self);
        Assert.Equal((long)_test.Domain.Frames.CurrentPages, current);
        Assert.Equal(64, Memory(MemoryCommand.MaximumReservation, in self));
        DomainId other = new(99);
        Assert.Equal(
            (long)XenError.NoSuchProcess, Memory(MemoryCommand.CurrentReservation, in other));
        Assert.Equal((long)XenError.NotImplemented, _test.Hypercall(HypercallNumber.MemoryOp, 63, 0, 0));
    }

    [Fact]
    public void MemoryOp_DecreaseAndPopulate_MoveAFrameOutAndIn()
    {
        Mfn frame = _test.Domain.Frames.AllocateRam(new Pfn(77));
        _test.Write(TestDomain.Scratch + 64, in frame);
        XenMemoryReservation request = new() { ExtentStart = TestDomain.Scratch + 64, ExtentCount = 1, Domain = DomainId.Self };

        Assert.Equal(1, Memory(MemoryCommand.DecreaseReservation, in request));
        Assert.Equal(0, Memory(MemoryCommand.DecreaseReservation, in request));
        _test.Write(TestDomain.Scratch + 64, 78UL);
        Assert.Equal(1, Memory(MemoryCommand.PopulatePhysmap, in request));
        Mfn back = _test.Read<Mfn>(TestDomain.Scratch + 64);
        Assert.Equal(78UL, _test.Domain.Frames.MachineToPhysical[back]);
    }

    [Fact]
    public void MachineToPhysical_AtItsAddress_ReadsInKernelModeOnly()
    {
        Mfn frame = _test.Domain.Frames.AllocateRam(new Pfn(77));
        ulong linear = MachineToPhysical.GuestAddress + (frame.Value * 8);

        Assert.Equal(77UL, _test.Read<ulong>(linear));
        Assert.False(_test.Vcpu.TryWrite(linear, 5UL));
        _test.EnterUser();
        Assert.False(_test.Vcpu.TryRead(linear, out ulong _));
    }

    [Fact]
    public void Flush_AfterAKernelMappingChanged_ForgetsIt()
    {
        Mfn frame = _test.Domain.Frames.AllocateRam(new Pfn(77));
        Mfn other = _test.Domain.Frames.AllocateRam(new Pfn(78));
        _test.Domain.Memory.FrameWords(other.Value)[0] = 43;
        UpdateVa(Page, PageTableEntry.Of(frame.Value, TableGuest.Writable).Value, flags: 0);
        Assert.Equal(0, Extended(MmuExtendedCommand.FlushLocal, 0));
        Assert.Equal(0UL, _test.Read<ulong>(Page));

        Assert.True(_test.Domain.PageTables.Updates.TryFindLeaf(
            _test.Vcpu.AddressSpace.KernelRoot, Page, out ulong table, out int slot));
        MmuUpdateRequest request = new()
        {
            Pointer = (table << 12) + ((ulong)slot * 8),
            Value = PageTableEntry.Of(other.Value, TableGuest.Writable).Value,
        };
        Assert.Equal(XenError.None, _test.Domain.PageTables.Update([request], out _));
        Assert.Equal(0, Extended(MmuExtendedCommand.FlushLocal, 0));
        Assert.Equal(43UL, _test.Read<ulong>(Page));
    }

    public void Dispose() => _test.Dispose();

    private long UpdateVa(ulong linear, ulong entry, ulong flags) =>
        _test.Hypercall(HypercallNumber.UpdateVaMapping, linear, entry, flags);

    private long Memory<T>(MemoryCommand command, in T argument)
        where T : unmanaged
    {
        _test.Write(TestDomain.Scratch, in argument);
        return _test.Hypercall(HypercallNumber.MemoryOp, (ulong)command, TestDomain.Scratch, 0);
    }

    private long Extended(MmuExtendedCommand command, ulong first, ulong second = 0)
    {
        MmuExtendedRequest request = new() { Command = command, Argument1 = first, Argument2 = second };
        _test.Write(TestDomain.Scratch, in request);
        _test.State.R10 = DomainId.Self.Value;
        return _test.Hypercall(HypercallNumber.MmuExtOp, TestDomain.Scratch, 1, 0);
    }
}
