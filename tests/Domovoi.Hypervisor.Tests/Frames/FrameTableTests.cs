// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.PvMmu;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Frames;

public sealed class FrameTableTests
{
    [Fact]
    public void MachineToPhysical_ThroughTheReservedRoot_ReadsTheGuestFrameNumbers()
    {
        using TableGuest guest = new();
        Mfn frame = guest.NewFrame();
        Mfn second = guest.NewFrame();

        Assert.Equal(0UL, ReadThroughRoot(guest, frame));
        Assert.Equal(1UL, ReadThroughRoot(guest, second));
    }

    [Fact]
    public void MachineToPhysical_OfFramesNoOneHolds_IsInvalid()
    {
        using TableGuest guest = new();
        guest.NewFrame();

        Assert.Equal(MachineToPhysical.InvalidEntry, guest.Frames.MachineToPhysical[new Mfn(0)]);
        Assert.Equal(MachineToPhysical.InvalidEntry, guest.Frames.MachineToPhysical[new Mfn(ulong.MaxValue >> 12)]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(512)]
    [InlineData(1 << 15)]
    [InlineData(1 << 20)]
    [InlineData(1 << 24)]
    public void Layout_OfAnySize_HoldsItsOwnTranslationTables(ulong ramFrames)
    {
        FrameLayout layout = new(ramFrames);
        ulong behindSpare = layout.FirstSpareFrame + FrameLayout.SpareFrames;
        ulong pages = (behindSpare + 511) / 512;
        ulong needed = pages + ((pages + 511) / 512) + ((pages + (512 * 512) - 1) / (512 * 512)) + 2;

        Assert.InRange(layout.TotalFrames, behindSpare + needed, behindSpare + needed + 64 + (pages / 100));
    }

    [Fact]
    public void Decrease_OfAMappedFrame_WaitsForTheMapping()
    {
        using TableGuest guest = new();
        (Mfn l4, Mfn _, Mfn _, Mfn l1, Mfn data) = guest.NewChain();
        guest.Tables.Pin(l4, 4);

        Assert.True(guest.Frames.Reservation.TryDecrease(0, data));
        Assert.False(guest.Frames.Reservation.TryDecrease(0, data));
        Assert.Equal(4UL, guest.Frames.CurrentPages);
        Assert.Equal(FrameOwner.Guest, guest.Frames.Describe(data).Owner);
        guest.Update(l1, 0, 0);
        Assert.Equal(FrameOwner.None, guest.Frames.Describe(data).Owner);
    }

    [Fact]
    public void Increase_AfterDecrease_GivesZeroedMemory()
    {
        using TableGuest guest = new();
        Mfn frame = guest.NewFrame();
        guest.Memory.Frame(frame.Value).Fill(0xAA);

        Assert.True(guest.Frames.Reservation.TryDecrease(0, frame));
        Assert.True(guest.Frames.Reservation.TryIncrease(0, pfn: 9, overCommit: false, out Mfn again));
        Assert.Equal(frame, again);
        Assert.Equal(9UL, guest.Frames.MachineToPhysical[again]);
        Assert.Equal(-1, guest.Memory.Frame(again.Value).IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void Increase_BeyondTheMaximum_IsRefused()
    {
        using TableGuest guest = new();
        guest.NewFrame();
        guest.Frames.MaximumPages = 2;

        Assert.True(guest.Frames.Reservation.TryIncrease(0, pfn: 1, overCommit: false, out _));
        Assert.False(guest.Frames.Reservation.TryIncrease(0, pfn: 2, overCommit: false, out _));
    }

    private static ulong ReadThroughRoot(TableGuest guest, Mfn frame)
    {
        ulong linear = MachineToPhysical.GuestAddress + (frame.Value * 8);
        ulong table = guest.Frames.MachineToPhysical.Root.Value;
        for (int shift = 39; shift >= 12; shift -= 9)
        {
            PageTableEntry entry = new(guest.Memory.FrameWords(table)[(int)(linear >> shift) & 511]);
            Assert.True(entry.IsPresent && !entry.IsWritable);
            table = entry.Frame;
        }

        return guest.Memory.FrameWords(table)[(int)(linear & 0xFFF) / 8];
    }
}
