// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.KernelImages;

public sealed class PvKernelTests
{
    [Fact]
    public void From_LinuxNotes_GivesTheirNumbers()
    {
        PvKernel kernel = TestKernel.LikeLinux().ParsePv();

        Assert.Equal(0xFFFF_FFFF_8000_0000, kernel.VirtualBase);
        Assert.Equal(0xFFFF_FFFF_8010_0010, kernel.Entry);
        Assert.Equal((0xFFFF_FFFF_8010_0000, 0xFFFF_FFFF_8020_3800), (kernel.Start, kernel.End));
        Assert.Equal(0x80_0000_0000UL, kernel.InitialP2m);
        Assert.True(kernel.UnmappedRamdisk);
        Assert.Null(kernel.HypercallPage);
    }

    [Fact]
    public void From_DebiansFeatures_AreAccepted() =>
        TestKernel.LikeLinux().Note(ElfNote.Features, "!writable_page_tables|pae_pgdir_above_4gb").ParsePv();

    [Fact]
    public void From_NoEntryNote_StartsAtTheElfEntry() =>
        Assert.Equal(0x10_0000UL, new TestKernel().Segment(0x10_0000, 0x1000, [1]).Linux().ParsePv().Entry);

    [Fact]
    public void From_P2mAboveTheBase_GoesIntoTheRegion() =>
        Assert.Null(TestKernel.LikeLinux().Note(ElfNote.InitP2m, 0xFFFF_FFFF_9000_0000).ParsePv().InitialP2m);

    [Fact]
    public void From_TheSectionOfOldKernels_GivesWhatNotesWould()
    {
        PvKernel kernel = Old("GUEST_OS=linux,XEN_VER=xen-3.0,VIRT_BASE=0xffffffff80000000,ELF_PADDR_OFFSET=0x0,VIRT_ENTRY=0xffffffff80100010,HYPERCALL_PAGE=0x102,FEATURES=writable_page_tables|pae_pgdir_above_4gb").ParsePv();
        Assert.Equal(
            (0xFFFF_FFFF_8000_0000, 0UL, 0xFFFF_FFFF_8010_0010, 0xFFFF_FFFF_8010_2000),
            (kernel.VirtualBase, kernel.PhysicalOffset, kernel.Entry, kernel.HypercallPage));
    }

    [Fact]
    public void From_AnOldSectionWithoutAnOffset_CountsPhysicalAddressesFromTheBase()
    {
        PvKernel kernel = Old("LOADER=generic,GUEST_OS=tiny,XEN_VER=xen-3.0,VIRT_BASE=0x100000,VIRT_ENTRY=1048592").ParsePv();
        Assert.Equal((0x10_0000UL, 0x10_0000UL, 0x10_0010UL), (kernel.PhysicalOffset, kernel.Start, kernel.Entry));
    }

    [Theory]
    [InlineData("kernel-other-xen", "GUEST_OS=linux,VIRT_BASE=0")]
    [InlineData("kernel-other-loader", "XEN_VER=xen-3.0")]
    [InlineData("kernel-unknown-feature", "GUEST_OS=linux,XEN_VER=xen-3.0,FEATURES=!magic")]
    public void From_AnOldSectionWeCannotServe_IsRefused(string code, string text) => Fails(code, Old(text));

    private static TestKernel Old(string text) =>
        new TestKernel { GuestSection = text }.Segment(0x10_0000, 0x3000, [1]);

    [Fact]
    public void From_NoNotes_AdvisesHvm()
    {
        KernelImageException error = Fails("kernel-not-pv", new TestKernel().Segment(0x10_0000, 0x1000, [1]));

        Assert.Contains("none", error.Message, StringComparison.Ordinal);
        Assert.Contains("hvm", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void From_PvhNotesOnly_ListsThemAndAdvisesPvh()
    {
        KernelImageException error = Fails(
            "kernel-not-pv", new TestKernel().Segment(0x10_0000, 0x1000, [1]).Linux().Note(ElfNote.Phys32Entry, 0x10_0000));

        Assert.Contains("GUEST_OS, LOADER, PHYS32_ENTRY", error.Message, StringComparison.Ordinal);
        Assert.Contains("pvh", error.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kernel-unknown-feature", ElfNote.Features, "!magic")]
    [InlineData("kernel-needs-auto-translation", ElfNote.Features, "!auto_translated_physmap")]
    [InlineData("kernel-needs-dom0", ElfNote.Features, "pae_pgdir_above_4gb|!dom0")]
    [InlineData("kernel-other-xen", ElfNote.XenVersion, "xen-2.0")]
    public void From_TextWeCannotServe_IsRefused(string code, ElfNote note, string value) =>
        Fails(code, TestKernel.LikeLinux().Note(note, value));

    [Fact]
    public void From_OtherLoader_IsRefused() => Fails(
        "kernel-other-loader", TestKernel.LikeLinux().Note(ElfNote.GuestOs, "plan9").Note(ElfNote.Loader, "special"));

    [Theory]
    [InlineData(ElfNote.Entry, 0x1000)]
    [InlineData(ElfNote.VirtBase, 0xFFFF_FFFF_8000_0001)]
    [InlineData(ElfNote.PaddrOffset, 0x10_1000)]
    [InlineData(ElfNote.HypercallPage, 0xFFFF_FFFF_9000_0000)]
    [InlineData(ElfNote.HypercallPage, 0xFFFF_FFFF_8010_0800)]
    public void From_AddressesThatDoNotFit_AreRefused(ElfNote note, ulong value) =>
        Fails("kernel-bad-addresses", TestKernel.LikeLinux().Note(note, value));

    private static KernelImageException Fails(string code, TestKernel kernel)
    {
        KernelImageException error = Assert.Throws<KernelImageException>(kernel.ParsePv);
        Assert.Equal(code, error.Code);
        return error;
    }
}
