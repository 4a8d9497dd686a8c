// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Frames;
using Domovoi.Hypervisor.PvMmu;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Grants;

/// <summary>Grants in the layout of version 2: entries of 16 bytes, their marks in status frames.</summary>
public sealed class GrantVersion2Tests : IDisposable
{
    private const GrantFlags Both = GrantFlags.Reading | GrantFlags.Writing;
    private static readonly DomainId Own = new(7);
    private readonly TableGuest _guest = new();
    private readonly GrantTable _grants;
    private readonly Mfn _frame;

    public GrantVersion2Tests()
    {
        _grants = new GrantTable(Own, _guest.Frames);
        _frame = _guest.NewFrame();
        Assert.Equal(0, _grants.StatusFrameCount);
        Assert.Equal(XenError.None, _grants.SetVersion(2));
    }

    [Fact]
    public void TryMap_OfAFullPage_MarksTheStatusAndLeavesTheEntryAlone()
    {
        Write(9, Full(DomainId.Zero, GrantFlags.PermitAccess));

        Assert.True(_grants.TryMap(new GrantRef(9), readOnly: false, out GrantMapping? writer));
        Assert.True(_grants.TryMap(new GrantRef(9), readOnly: true, out GrantMapping? reader));
        Assert.Equal((Both, GrantFlags.PermitAccess), (StatusOf(9), FlagsOf(9)));
        writer!.Dispose();
        Assert.Equal(GrantFlags.Reading, StatusOf(9));
        reader!.Dispose();
        Assert.Equal(GrantFlags.Invalid, StatusOf(9));
    }

    [Fact]
    public void TryMap_ReadOnlyGrant_IsForReadersOnly()
    {
        Write(8, Full(DomainId.Zero, GrantFlags.PermitAccess | GrantFlags.ReadOnly));

        Assert.False(_grants.TryMap(new GrantRef(8), readOnly: false, out _));
        Assert.Equal(GrantFlags.Invalid, StatusOf(8));
        Assert.True(_grants.TryMap(new GrantRef(8), readOnly: true, out GrantMapping? first));
        Assert.True(_grants.TryMap(new GrantRef(8), readOnly: true, out GrantMapping? second));
        first!.Dispose();
        Assert.Equal(GrantFlags.Reading, StatusOf(8));
        second!.Dispose();
    }

    [Theory]
    [InlineData(GrantFlags.Invalid)]
    [InlineData(GrantFlags.AcceptTransfer)]
    [InlineData(GrantFlags.Transitive)]
    [InlineData(GrantFlags.PermitAccess | GrantFlags.SubPage)]
    public void TryMap_OfWhatMayNotBeMapped_IsRefused(GrantFlags flags)
    {
        Write(9, Full(DomainId.Zero, flags));
        Write(10, Full(Own, GrantFlags.PermitAccess));
        Write(11, Full(DomainId.Zero, GrantFlags.PermitAccess) with { Frame = ulong.MaxValue });

        Assert.False(_grants.TryMap(new GrantRef(9), readOnly: true, out _));
        Assert.False(_grants.TryMap(new GrantRef(10), readOnly: true, out _));
        Assert.False(_grants.TryMap(new GrantRef(11), readOnly: false, out _));
        Assert.False(_grants.TryMap(new GrantRef(256), readOnly: true, out _));
        Assert.Equal((GrantFlags.Invalid, GrantFlags.Invalid), (StatusOf(9), StatusOf(11)));
    }

    [Theory]
    [InlineData(100, 50, true)]
    [InlineData(120, 10, true)]
    [InlineData(99, 1, false)]
    [InlineData(149, 2, false)]
    [InlineData(0, 4096, false)]
    public void TryCopy_OfAPart_KeepsToIt(int offset, int length, bool expected)
    {
        Write(9, Full(DomainId.Zero, GrantFlags.PermitAccess | GrantFlags.SubPage) with { PageOffset = 100, Length = 50 });

        Assert.Equal(expected, _grants.TryCopyTo(new GrantRef(9), offset, new byte[length]));
        Assert.Equal(expected, _grants.TryCopyFrom(new GrantRef(9), offset, new byte[length]));
        Assert.Equal(GrantFlags.Invalid, StatusOf(9));
        Assert.Equal((0u, 1u), (_guest.Frames.Describe(_frame).TypeCount, _guest.Frames.Describe(_frame).References));
    }

    [Fact]
    public void TryCopy_OfAPartThatLeavesThePage_StaysInThePage()
    {
        Write(9, Full(DomainId.Zero, GrantFlags.PermitAccess | GrantFlags.SubPage) with { PageOffset = 4090, Length = 60000 });

        Assert.True(_grants.TryCopyTo(new GrantRef(9), 4090, new byte[6]));
        Assert.False(_grants.TryCopyTo(new GrantRef(9), 4090, new byte[7]));
    }

    [Theory]
    [InlineData(0, 511, GrantStatus.GeneralError)]          // domain 0 grants nothing
    [InlineData(0, 512, GrantStatus.BadReference)]          // and has no such entry
    [InlineData(7, 9, GrantStatus.GeneralError)]            // back to this domain
    [InlineData(3, 9, GrantStatus.GeneralError)]            // nobody
    public void PinToCopy_OfATransitiveGrant_LeadsNowhere(ushort domain, uint reference, GrantStatus expected)
    {
        Write(9, new GrantEntryV2
        {
            Flags = GrantFlags.Transitive,
            Domain = DomainId.Zero,
            TransitiveDomain = new DomainId(domain),
            TransitiveReference = new GrantRef(reference),
        });

        Assert.Equal(expected, _grants.PinToCopy(new GrantRef(9), DomainId.Zero, true, 0, 1, out _));
        Assert.Equal(GrantFlags.Invalid, StatusOf(9));
    }

    [Fact]
    public void SetVersion_WhileAGrantIsMapped_IsBusy()
    {
        Write(9, Full(DomainId.Zero, GrantFlags.PermitAccess));
        _grants.TryMap(new GrantRef(9), readOnly: true, out GrantMapping? mapping);

        Assert.Equal((XenError.Busy, 2u), (_grants.SetVersion(1), _grants.Version));
        mapping!.Dispose();
        Assert.Equal((XenError.None, 1u), (_grants.SetVersion(1), _grants.Version));
        Assert.Equal(0, _grants.StatusFrameCount);
    }

    [Fact]
    public void SetVersion_BackAndForth_KeepsReservedEntriesAndTheirMarks()
    {
        Assert.Equal(XenError.None, _grants.SetVersion(1));
        _grants.SeedForBackend(new GrantRef(1), _frame);
        _grants.TryMap(new GrantRef(1), readOnly: false, out GrantMapping? ring);

        Assert.Equal(XenError.None, _grants.SetVersion(2));
        Assert.Equal((Both, GrantFlags.PermitAccess), (StatusOf(1), FlagsOf(1)));
        Assert.Equal(XenError.None, _grants.SetVersion(1));
        _guest.Memory.TryRead(PhysicalAddress.OfFrame(_grants.FrameAt(0).Value) + 8, out GrantEntryV1 entry);
        Assert.Equal((GrantFlags.PermitAccess | Both, _frame), (entry.Flags, new Mfn(entry.Frame)));
        ring!.Dispose();
        Assert.True(_grants.TryMap(new GrantRef(1), readOnly: true, out _));
    }

    [Fact]
    public void SetVersion_1_ClearsOtherEntriesAndRefusesWhatItCannotSay()
    {
        Write(9, Full(DomainId.Zero, GrantFlags.PermitAccess));
        Write(7, Full(DomainId.Zero, GrantFlags.PermitAccess) with { Frame = 1UL << 32 });
        Assert.Equal(XenError.OutOfRange, _grants.SetVersion(1));
        Write(7, new GrantEntryV2 { Flags = GrantFlags.Transitive });
        Assert.Equal(XenError.OutOfRange, _grants.SetVersion(1));
        Write(7, default);

        Assert.Equal(XenError.None, _grants.SetVersion(1));
        Assert.Equal(4096, _guest.Memory.Frame(_grants.FrameAt(0).Value).Count((byte)0));
    }

    [Fact]
    public void StatusFrames_GrowWithTheTableAndAreTheGuestsOnlyInVersion2()
    {
        Assert.True(_grants.TryGrow(GrantTable.DefaultMaximumFrames));
        Assert.Equal(8, _grants.StatusFrameCount);
        Mfn last = _grants.StatusFrameAt(7);
        Assert.Equal(FrameOwner.Shared, _guest.Frames.Describe(last).Owner);

        _grants.SetVersion(1);
        Assert.Equal(FrameOwner.Hypervisor, _guest.Frames.Describe(last).Owner);
        _grants.SetVersion(2);
        Assert.Equal((8, FrameOwner.Shared), (_grants.StatusFrameCount, _guest.Frames.Describe(_grants.StatusFrameAt(7)).Owner));
    }

    [Fact]
    public void SetVersion_1_WhileAStatusFrameIsMapped_IsBusy()
    {
        Mfn status = _grants.StatusFrameAt(0);
        lock (_guest.Frames.Gate)
        {
            Assert.True(_guest.Frames.References.TryGet(status.Value));
        }

        Assert.Equal(XenError.Busy, _grants.SetVersion(1));
        lock (_guest.Frames.Gate)
        {
            _guest.Frames.References.Put(status.Value);
        }

        Assert.Equal(XenError.None, _grants.SetVersion(1));
    }

    [Fact]
    public void Swap_OfTwoEntries_SwapsTheirStatusToo()
    {
        GrantEntryV2 entry = Full(DomainId.Zero, GrantFlags.PermitAccess);
        Write(9, entry);
        Assert.Equal(GrantStatus.Okay, _grants.Swap(new GrantRef(9), new GrantRef(20)));
        Assert.Equal((GrantFlags.Invalid, GrantFlags.PermitAccess), (FlagsOf(9), FlagsOf(20)));
        Assert.True(_grants.TryMap(new GrantRef(20), readOnly: true, out _));
        Assert.Equal(GrantStatus.TryAgain, _grants.Swap(new GrantRef(20), new GrantRef(9)));
        Assert.Equal(GrantStatus.BadReference, _grants.Swap(new GrantRef(9), new GrantRef(256)));
    }

    public void Dispose() => _guest.Dispose();

    private GrantEntryV2 Full(DomainId domain, GrantFlags flags) => new() { Flags = flags, Domain = domain, Frame = _frame.Value };

    private void Write(uint reference, GrantEntryV2 entry) => _guest.Memory.TryWrite(Address(reference), in entry);

    private GrantFlags FlagsOf(uint reference)
    {
        _guest.Memory.TryRead(Address(reference), out GrantEntryV2 entry);
        return entry.Flags;
    }

    private GrantFlags StatusOf(uint reference)
    {
        _guest.Memory.TryRead(
            PhysicalAddress.OfFrame(_grants.StatusFrameAt(0).Value) + (reference * 2), out GrantFlags status);
        return status;
    }

    private PhysicalAddress Address(uint reference) =>
        PhysicalAddress.OfFrame(_grants.FrameAt(0).Value) + (reference * 16);
}
