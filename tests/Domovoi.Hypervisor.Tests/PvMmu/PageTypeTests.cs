// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Frames;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.PvMmu;

public sealed class PageTypeTests
{
    [Fact]
    public void Pin_AChainOfTables_ValidatesEachLevel()
    {
        using TableGuest guest = new();
        (Mfn l4, Mfn l3, Mfn l2, Mfn l1, Mfn data) = guest.NewChain();

        Assert.Equal(XenError.None, guest.Tables.Pin(l4, 4));
        Assert.Equal(
            [FrameType.Level4, FrameType.Level3, FrameType.Level2, FrameType.Level1, FrameType.Writable],
            new[] { l4, l3, l2, l1, data }.Select(guest.TypeOf));
    }

    [Fact]
    public void Unpin_ThePinnedRoot_ReleasesEverything()
    {
        using TableGuest guest = new();
        (Mfn l4, Mfn l3, Mfn l2, Mfn l1, Mfn data) = guest.NewChain();
        guest.Tables.Pin(l4, 4);

        Assert.Equal(XenError.None, guest.Tables.Unpin(l4));
        Assert.All(new[] { l4, l3, l2, l1, data }, frame => Assert.Equal((0u, 1u), Counts(guest, frame)));
    }

    [Fact]
    public void Pin_ATableThatMapsItselfWritable_IsRefused()
    {
        using TableGuest guest = new();
        (Mfn l4, Mfn l3, Mfn l2, Mfn l1, Mfn data) = guest.NewChain();
        guest.Poke(l1, 1, l2);

        Assert.NotEqual(XenError.None, guest.Tables.Pin(l4, 4));
        Assert.All(new[] { l4, l3, l2, l1, data }, frame => Assert.Equal((0u, 1u), Counts(guest, frame)));
    }

    [Fact]
    public void Pin_Twice_IsRefusedTheSecondTime()
    {
        using TableGuest guest = new();
        Mfn l1 = guest.NewFrame();

        Assert.Equal(XenError.None, guest.Tables.Pin(l1, 1));
        Assert.Equal(XenError.InvalidArgument, guest.Tables.Pin(l1, 1));
        Assert.Equal(XenError.None, guest.Tables.Unpin(l1));
        Assert.Equal(XenError.InvalidArgument, guest.Tables.Unpin(l1));
    }

    [Theory]
    [InlineData(0x80)]      // PSE, PAT
    [InlineData(0x10)]      // PCD
    [InlineData(0x08)]      // PWT
    public void Update_WithBitsADomainMayNotSet_IsRefused(ulong bit)
    {
        using TableGuest guest = new();
        (Mfn _, Mfn l3, Mfn l2, Mfn l1, Mfn data) = guest.NewChain();
        guest.Tables.Pin(l3, 3);

        Assert.Equal(XenError.InvalidArgument, guest.Map(l1, 5, data, TableGuest.Flags | bit));
        Assert.Equal(XenError.InvalidArgument, guest.Map(l2, 5, l1, TableGuest.Flags | bit));
        Assert.Equal(XenError.InvalidArgument, guest.Map(l1, 0, data, TableGuest.Writable | bit));
    }

    [Fact]
    public void Update_ThatMapsATableWritable_IsRefused()
    {
        using TableGuest guest = new();
        (Mfn l4, Mfn _, Mfn _, Mfn l1, Mfn _) = guest.NewChain();
        guest.Tables.Pin(l4, 4);

        Assert.Equal(XenError.Busy, guest.Map(l1, 1, l1));
        Assert.Equal(XenError.None, guest.Map(l1, 1, l1, TableGuest.Flags));
    }

    [Fact]
    public void Update_OfALinearSlot_StaysReadOnly()
    {
        using TableGuest guest = new();
        (Mfn l4, Mfn _, Mfn _, Mfn _, Mfn _) = guest.NewChain();
        guest.Tables.Pin(l4, 4);

        Assert.Equal(XenError.None, guest.Map(l4, 1, l4, TableGuest.Flags));
        Assert.NotEqual(XenError.None, guest.Map(l4, 1, l4, TableGuest.Writable));     // XSA-182
        Assert.Equal(XenError.None, guest.Tables.Unpin(l4));
    }

    [Theory]
    [InlineData(256)]
    [InlineData(271)]
    public void Update_OfAReservedSlot_IsRefused(int slot)
    {
        using TableGuest guest = new();
        (Mfn l4, Mfn l3, Mfn _, Mfn _, Mfn _) = guest.NewChain();
        guest.Tables.Pin(l4, 4);

        Assert.Equal(XenError.InvalidArgument, guest.Map(l4, slot, l3));
        Assert.Equal(XenError.None, guest.Map(l4, slot == 256 ? 255 : 272, l3));
    }

    [Fact]
    public void Update_TowardsFramesOfTheHypervisorOrNone_IsRefused()
    {
        using TableGuest guest = new();
        (Mfn l4, Mfn _, Mfn _, Mfn l1, Mfn _) = guest.NewChain();
        guest.Tables.Pin(l4, 4);

        Assert.Equal(XenError.Busy, guest.Map(l1, 1, guest.Frames.MachineToPhysical.Root, TableGuest.Flags));
        Assert.Equal(XenError.Busy, guest.Map(l1, 1, new Mfn(3), TableGuest.Flags));
        Assert.Equal(XenError.NotPermitted, guest.Map(l1, 1, new Mfn(guest.Memory.FrameCount), TableGuest.Flags));
        Assert.Equal(XenError.InvalidArgument, guest.Update(new Mfn(0xFF_FFFF_FFFF), 0, 0));
    }

    [Fact]
    public void Update_PreservingAccessedAndDirty_KeepsThem()
    {
        using TableGuest guest = new();
        (Mfn l4, Mfn _, Mfn _, Mfn l1, Mfn data) = guest.NewChain();
        guest.Tables.Pin(l4, 4);
        guest.Memory.FrameWords(l1.Value)[0] |= PageTableEntry.AccessedAndDirty;

        ulong readOnly = PageTableEntry.Of(data.Value, TableGuest.Flags).Value;
        Assert.Equal(XenError.None, guest.Update(l1, 0, readOnly, MmuUpdateCommand.PreserveAccessedDirty));
        Assert.Equal(readOnly | PageTableEntry.AccessedAndDirty, guest.Peek(l1, 0).Value);
    }

    [Fact]
    public void Update_OfMachineToPhysical_ShowsInTheTable()
    {
        using TableGuest guest = new();
        Mfn frame = guest.NewFrame();

        Assert.Equal(0UL, guest.Frames.MachineToPhysical[frame]);
        Assert.Equal(XenError.None, guest.Update(frame, 0, 1234, MmuUpdateCommand.MachineToPhysical));
        Assert.Equal(1234UL, guest.Frames.MachineToPhysical[frame]);
        Assert.Equal(XenError.InvalidArgument, guest.Update(new Mfn(2), 0, 1, MmuUpdateCommand.MachineToPhysical));
    }

    [Fact]
    public void Update_OfOrdinaryMemory_IsAPlainWrite()
    {
        using TableGuest guest = new();
        Mfn frame = guest.NewFrame();

        Assert.Equal(XenError.None, guest.Update(frame, 7, 0xDEAD_BEEF_0BAD_F00D));
        Assert.Equal(0xDEAD_BEEF_0BAD_F00DUL, guest.Peek(frame, 7).Value);
    }

    private static (uint TypeCount, uint References) Counts(TableGuest guest, Mfn frame)
    {
        (_, _, uint typeCount, uint references, _) = guest.Frames.Describe(frame);
        return (typeCount, references);
    }
}
