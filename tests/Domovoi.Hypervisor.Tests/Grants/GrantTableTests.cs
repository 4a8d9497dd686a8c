// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Frames;
using Domovoi.Hypervisor.PvMmu;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Grants;

public sealed class GrantTableTests : IDisposable
{
    private static readonly DomainId Own = new(7);
    private readonly TableGuest _guest = new();
    private readonly GrantTable _grants;
    private readonly Mfn _frame;

    public GrantTableTests()
    {
        _grants = new GrantTable(Own, _guest.Frames);
        _frame = _guest.NewFrame();
    }

    [Fact]
    public void TryCopy_OfAGrantToDomain0_MovesBytesAndClearsMarks()
    {
        Grant(5, DomainId.Zero, GrantFlags.PermitAccess);
        byte[] back = new byte[3];

        Assert.True(_grants.TryCopyTo(new GrantRef(5), 4093, [1, 2, 3]));
        Assert.True(_grants.TryCopyFrom(new GrantRef(5), 4093, back));
        Assert.Equal([1, 2, 3], back);
        Assert.Equal(GrantFlags.PermitAccess, FlagsOf(5));
    }

    [Theory]
    [InlineData(4094, 3)]
    [InlineData(4097, 0)]
    [InlineData(-1, 1)]
    [InlineData(int.MaxValue, 1)]
    [InlineData(1, 4096)]
    public void TryCopy_OutsideTheFrame_IsRefused(int offset, int length)
    {
        Grant(5, DomainId.Zero, GrantFlags.PermitAccess);

        Assert.False(_grants.TryCopyFrom(new GrantRef(5), offset, new byte[length]));
        Assert.False(_grants.TryCopyTo(new GrantRef(5), offset, new byte[length]));
    }

    [Theory]
    [InlineData(0, GrantFlags.Invalid)]
    [InlineData(3, GrantFlags.PermitAccess)]                // another domain's
    [InlineData(0, GrantFlags.AcceptTransfer)]
    [InlineData(0, GrantFlags.PermitAccess | GrantFlags.SubPage)]
    public void TryMap_OfWhatIsNotGranted_IsRefused(ushort domain, GrantFlags flags)
    {
        Grant(5, new DomainId(domain), flags);

        Assert.False(_grants.TryMap(new GrantRef(5), readOnly: true, out _));
        Assert.False(_grants.TryMap(new GrantRef(uint.MaxValue), readOnly: true, out _));
    }

    [Fact]
    public void TryMap_ReadOnlyGrantForWriting_IsRefused()
    {
        Grant(5, DomainId.Zero, GrantFlags.PermitAccess | GrantFlags.ReadOnly);

        Assert.False(_grants.TryMap(new GrantRef(5), readOnly: false, out _));
        Assert.True(_grants.TryMap(new GrantRef(5), readOnly: true, out GrantMapping? mapping));
        Assert.Equal(GrantFlags.PermitAccess | GrantFlags.ReadOnly | GrantFlags.Reading, FlagsOf(5));
        mapping!.Dispose();
        Assert.Equal(GrantFlags.PermitAccess | GrantFlags.ReadOnly, FlagsOf(5));
    }

    [Fact]
    public void TryMap_TwoWriters_KeepTheMarksUntilTheLastEnds()
    {
        Grant(5, DomainId.Zero, GrantFlags.PermitAccess);
        _grants.TryMap(new GrantRef(5), readOnly: false, out GrantMapping? first);
        _grants.TryMap(new GrantRef(5), readOnly: true, out GrantMapping? second);

        first!.Dispose();
        first.Dispose();
        Assert.Equal(GrantFlags.PermitAccess | GrantFlags.Reading, FlagsOf(5));
        second!.Dispose();
        Assert.Equal((0u, 1u), (_guest.Frames.Describe(_frame).TypeCount, _guest.Frames.Describe(_frame).References));
    }

    [Fact]
    public void TryPin_OfMany_TakesAllOrNone()
    {
        Grant(5, DomainId.Zero, GrantFlags.PermitAccess);
        Grant(6, DomainId.Zero, GrantFlags.PermitAccess | GrantFlags.ReadOnly);
        Mfn[] frames = new Mfn[3];

        Assert.False(_grants.TryPin([new GrantRef(5), new GrantRef(5), new GrantRef(6)], readOnly: false, frames));
        Assert.Equal((GrantFlags.PermitAccess, GrantFlags.PermitAccess | GrantFlags.ReadOnly), (FlagsOf(5), FlagsOf(6)));
        Assert.True(_grants.TryPin([new GrantRef(5), new GrantRef(6), new GrantRef(5)], readOnly: true, frames));
        Assert.Equal([_frame, _frame, _frame], frames);
        _grants.Unpin([new GrantRef(5), new GrantRef(6), new GrantRef(5)], readOnly: true);
        Assert.Equal(GrantFlags.PermitAccess, FlagsOf(5));
        Assert.Equal((0u, 1u), (_guest.Frames.Describe(_frame).TypeCount, _guest.Frames.Describe(_frame).References));
    }

    [Fact]
    public void TryMap_OfAPageTableForWriting_IsRefused()
    {
        _guest.Tables.Pin(_frame, 1);
        Grant(5, DomainId.Zero, GrantFlags.PermitAccess);

        Assert.False(_grants.TryMap(new GrantRef(5), readOnly: false, out _));
        Assert.Equal(GrantFlags.PermitAccess, FlagsOf(5));
    }

    [Fact]
    public void TryMap_OfAFrameTheGuestDoesNotOwn_IsRefused()
    {
        Write(5, new GrantEntryV1 { Flags = GrantFlags.PermitAccess, Frame = (uint)_guest.Frames.MachineToPhysical.Root.Value });
        Assert.False(_grants.TryMap(new GrantRef(5), readOnly: true, out _));
        Write(5, new GrantEntryV1 { Flags = GrantFlags.PermitAccess, Frame = uint.MaxValue });
        Assert.False(_grants.TryMap(new GrantRef(5), readOnly: true, out _));
    }

    [Fact]
    public void SeedForBackend_BeforeTheGuestRuns_LetsDomain0Map()
    {
        _grants.SeedForBackend(new GrantRef(0), _frame);

        Assert.True(_grants.TryMap(new GrantRef(0), readOnly: false, out GrantMapping? mapping));
        Assert.Equal(_frame, mapping!.Frame);
    }

    [Fact]
    public void TryGrow_ToTheLimit_GivesFramesTheGuestMayMap()
    {
        Assert.False(_grants.TryGrow(GrantTable.DefaultMaximumFrames + 1));
        Assert.True(_grants.TryGrow(GrantTable.DefaultMaximumFrames));
        Assert.Equal(FrameOwner.Shared, _guest.Frames.Describe(_grants.FrameAt(63)).Owner);
    }

    [Theory]
    [InlineData(4000, 0, 96, GrantStatus.Okay)]
    [InlineData(4000, 0, 97, GrantStatus.BadCopyArgument)]
    [InlineData(0, 4000, 97, GrantStatus.BadCopyArgument)]
    [InlineData(65535, 65535, 65535, GrantStatus.BadCopyArgument)]
    public void Copy_WithinOwnFrames_HoldsItsBounds(int from, int to, int length, GrantStatus expected)
    {
        Mfn other = _guest.NewFrame();
        _guest.Memory.Frame(_frame.Value).Fill(0x5A);
        GnttabCopy copy = new()
        {
            Source = new() { Frame = _frame.Value, Domain = DomainId.Self, Offset = (ushort)from },
            Destination = new() { Frame = other.Value, Domain = DomainId.Self, Offset = (ushort)to },
            Length = (ushort)length,
        };

        Assert.Equal(expected, new GrantCopier(_grants, _guest.Frames).Copy(in copy));
        int copied = 4096 - _guest.Memory.Frame(other.Value).Count((byte)0);
        Assert.Equal(expected == GrantStatus.Okay ? length : 0, copied);
    }

    public void Dispose() => _guest.Dispose();

    private void Grant(uint reference, DomainId domain, GrantFlags flags) =>
        Write(reference, new GrantEntryV1 { Flags = flags, Domain = domain, Frame = (uint)_frame.Value });

    private void Write(uint reference, GrantEntryV1 entry) => _guest.Memory.TryWrite(Address(reference), in entry);

    private GrantFlags FlagsOf(uint reference)
    {
        _guest.Memory.TryRead(Address(reference), out GrantEntryV1 entry);
        return entry.Flags;
    }

    private PhysicalAddress Address(uint reference) =>
        PhysicalAddress.OfFrame(_grants.FrameAt(0).Value) + (reference * 8);
}
