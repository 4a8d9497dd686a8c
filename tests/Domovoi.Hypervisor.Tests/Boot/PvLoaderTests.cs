// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Text;
using Domovoi.Hypervisor.PvMmu;
using Domovoi.KernelImages;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Boot;

public sealed class PvLoaderTests
{
    private const ulong VirtBase = 0xFFFF_FFFF_8000_0000;
    private static readonly byte[] Ramdisk = [.. Enumerable.Range(0, 10_001).Select(static i => (byte)(i * 7))];

    [Fact]
    public void Load_LinuxLikeKernel_ShowsSegmentsAtTheirAddresses()
    {
        using LoadedGuest guest = LoadedGuest.Load(TestKernel.LikeLinux().Parse());

        Assert.All(guest.Read(VirtBase + 0x10_0000, 0x1000), static value => Assert.Equal(0x90, value));
        Assert.Equal(3, guest.Read(VirtBase + 0x20_0800 + 2, 1)[0]);
        Assert.All(guest.Read(VirtBase + 0x20_1800, 0x2000), static value => Assert.Equal(0, value));
    }

    [Fact]
    public void Load_LinuxLikeKernel_StartsAtTheEntryNoteOnTheBootStack()
    {
        using LoadedGuest guest = LoadedGuest.Load(TestKernel.LikeLinux().Parse());

        Assert.Equal(VirtBase + 0x10_0010, guest.State.Entry);
        Assert.Equal(guest.Layout.AddressOf(guest.Layout.BootStack) + 4096, guest.State.StackPointer);
        Assert.NotEqual(0UL, guest.EntryOf(guest.State.StackPointer - 8) & 2);
    }

    [Fact]
    public void Load_PageTables_AreShownReadOnlyAndNothingElseIs()
    {
        using LoadedGuest guest = LoadedGuest.Load(TestKernel.LikeLinux().Parse(), Ramdisk);

        HashSet<ulong> tables = [.. Enumerable.Range(1, 4).SelectMany(guest.Entries).Select(static entry => entry.Table)];
        foreach ((_, ulong entry) in guest.Entries(1))
        {
            bool isTable = tables.Contains((entry & 0x000F_FFFF_FFFF_F000) >> 12);
            Assert.Equal(isTable ? 0x21u : 0x23u, entry & 0xFFF0_0000_0000_0FFF);
        }
    }

    [Fact]
    public void Load_UpperTables_HaveXensRights()
    {
        using LoadedGuest guest = LoadedGuest.Load(TestKernel.LikeLinux().Parse());

        foreach ((_, ulong entry) in new[] { 4, 3, 2 }.SelectMany(guest.Entries))
        {
            Assert.Equal(0x67u, entry & 0xFFF0_0000_0000_0FFF);
        }
    }

    [Fact]
    public void Load_InitialRegion_ShowsConsecutivePagesAndEndsOn4MiB()
    {
        using LoadedGuest guest = LoadedGuest.Load(TestKernel.LikeLinux().Parse());
        ulong end = guest.Layout.AddressOf(guest.Layout.MappedPages);

        Assert.Equal(0UL, end & 0x3F_FFFF);
        Assert.True(guest.Layout.MappedPages - guest.Layout.BootStack > 128);
        Assert.Equal(0UL, guest.EntryOf(end));
        Assert.Equal(0UL, guest.EntryOf(VirtBase - 1));
        for (ulong page = 0; page < guest.Layout.MappedPages; page++)
        {
            ulong frame = (guest.EntryOf(guest.Layout.AddressOf(page)) & 0x000F_FFFF_FFFF_F000) >> 12;
            Assert.Equal(page, guest.Frames.MachineToPhysical[new Mfn(frame)]);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Load_P2mList_NamesEveryPagesFrame(bool apart)
    {
        TestKernel kernel = apart ? TestKernel.LikeLinux() : TestKernel.LikeLinux().Without(ElfNote.InitP2m);
        using LoadedGuest guest = LoadedGuest.Load(kernel.Parse(), pages: 16384 - 100);

        StartInfo info = guest.StartInfo;
        Assert.Equal(apart ? 0x80_0000_0000 : guest.Layout.AddressOf(guest.Layout.P2m.First), info.FrameList);
        byte[] list = guest.Read(info.FrameList, 16384 * 8);
        for (int page = 0; page < 16384; page++)
        {
            ulong frame = BinaryPrimitives.ReadUInt64LittleEndian(list.AsSpan(page * 8));
            Assert.Equal(page < 16384 - 100 ? (ulong)page : ulong.MaxValue, guest.Frames.MachineToPhysical[new Mfn(frame)]);
        }

        Assert.Equal(apart ? guest.Layout.P2m : default, new PageSpan(info.FirstP2mPfn, info.P2mFrameCount));
    }

    [Fact]
    public void Load_StartInfo_SaysWhatXenWouldSay()
    {
        using LoadedGuest guest = LoadedGuest.Load(TestKernel.LikeLinux().Parse(), Ramdisk, commandLine: "root=/dev/xvda1 ro");

        StartInfo info = guest.StartInfo;
        Assert.Equal("xen-3.0-x86_64", Text(info.Magic));
        Assert.Equal("root=/dev/xvda1 ro", Text(info.CommandLine));
        Assert.Equal(16384UL, info.PageCount);
        Assert.Equal(guest.SharedInfo.Value << 12, info.SharedInfo);
        Assert.Equal(StartInfoFlags.VirtualP2mForTools | StartInfoFlags.ModuleStartIsPfn, info.Flags);
        Assert.Equal((guest.State.Xenstore.Value, 1u), (info.StoreMfn, info.StoreEventChannel));
        Assert.Equal((guest.State.Console.Value, 2u), (info.ConsoleMfn, info.ConsoleEventChannel));
        Assert.Equal(guest.Layout.AddressOf(guest.Layout.PageTables.First), info.PageTableBase);
        Assert.Equal(guest.Layout.PageTables.Count, info.PageTableFrames);
    }

    [Fact]
    public void Load_PageTableBase_ShowsTheTopLevelTable()
    {
        using LoadedGuest guest = LoadedGuest.Load(TestKernel.LikeLinux().Parse());

        ulong entry = guest.EntryOf(guest.StartInfo.PageTableBase);

        Assert.Equal(guest.State.Root.Value, (entry & 0x000F_FFFF_FFFF_F000) >> 12);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Load_TopLevelTable_CanBePinned(bool p2mApart)
    {
        TestKernel kernel = p2mApart ? TestKernel.LikeLinux() : TestKernel.LikeLinux().Without(ElfNote.InitP2m);
        using LoadedGuest guest = LoadedGuest.Load(kernel.Parse(), Ramdisk);

        Assert.Equal(XenError.None, new PageTables(guest.Frames).Pin(guest.State.Root, 4));
        Assert.True(guest.Frames.Describe(guest.State.Root).IsPinned);
    }

    [Fact]
    public void Load_MappedRamdisk_IsShownAtItsAddress()
    {
        using LoadedGuest guest = LoadedGuest.Load(TestKernel.LikeLinux().Without(ElfNote.ModStartPfn).Parse(), Ramdisk);

        StartInfo info = guest.StartInfo;
        Assert.Equal(StartInfoFlags.VirtualP2mForTools, info.Flags);
        Assert.Equal(Ramdisk, guest.Read(info.ModuleStart, (int)info.ModuleLength));
    }

    [Fact]
    public void Load_UnmappedRamdisk_LiesInThePagesStartInfoNames()
    {
        using LoadedGuest guest = LoadedGuest.Load(TestKernel.LikeLinux().Parse(), Ramdisk);

        StartInfo info = guest.StartInfo;
        byte[] list = guest.Read(info.FrameList, 16384 * 8);
        byte[] found = [.. Enumerable.Range((int)info.ModuleStart, 3).SelectMany(page =>
            guest.Frame(new Mfn(BinaryPrimitives.ReadUInt64LittleEndian(list.AsSpan(page * 8)))).ToArray())];
        Assert.Equal(Ramdisk, found[..(int)info.ModuleLength]);
        Assert.True(info.ModuleStart >= guest.Layout.MappedPages);
    }

    [Fact]
    public void Load_HypercallPageNote_FillsThePage()
    {
        using LoadedGuest guest = LoadedGuest.Load(
            TestKernel.LikeLinux().Note(ElfNote.HypercallPage, VirtBase + 0x20_2000).Parse());

        byte[] page = guest.Read(VirtBase + 0x20_2000, 4096);
        Assert.Equal("514153b8110000000f05415b59c3cccc", Convert.ToHexStringLower(page.AsSpan(17 * 32, 16)));
        Assert.Equal("51415350b8170000000f05cccccccccc", Convert.ToHexStringLower(page.AsSpan(23 * 32, 16)));
    }

    [Fact]
    public void Load_SharedInfo_MasksEventsOnEveryVcpuAndIsElseZero()
    {
        using LoadedGuest guest = LoadedGuest.Load(TestKernel.LikeLinux().Parse());

        byte[] page = guest.Frame(guest.SharedInfo).ToArray();
        Assert.All(Enumerable.Range(0, 32), vcpu => Assert.Equal(1, page[(vcpu * 64) + 1]));
        Assert.Equal(32, page.Sum(static value => value));
    }

    [Fact]
    public void Load_ImageAtVirtualAddressZero_IsShownFromZero()
    {
        TestKernel kernel = new TestKernel { EntryPoint = 0x4000 }.Segment(0x4000, 0x2000, [0xF4]).Linux();
        using LoadedGuest guest = LoadedGuest.Load(kernel.Parse(), Ramdisk);

        Assert.Equal(0x4000UL, guest.State.Entry);
        Assert.Equal(0xF4, guest.Read(0x4000, 1)[0]);
        Assert.Equal(Ramdisk, guest.Read(guest.StartInfo.ModuleStart, Ramdisk.Length));
    }

    [Fact]
    public void Load_PhysicalOffset_IsTakenOffTheSegmentsAddresses()
    {
        TestKernel kernel = new TestKernel().Segment(VirtBase + 0x10_0000, 0x1000, [0xF4]).Linux()
            .Note(ElfNote.VirtBase, VirtBase).Note(ElfNote.PaddrOffset, VirtBase).Note(ElfNote.Entry, VirtBase + 0x10_0000);
        using LoadedGuest guest = LoadedGuest.Load(kernel.Parse());

        Assert.Equal(0xF4, guest.Read(VirtBase + 0x10_0000, 1)[0]);
        Assert.Equal(0x100UL, guest.Layout.Kernel.First);
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.ASCII.GetString(bytes[..bytes.IndexOf((byte)0)]);
}
