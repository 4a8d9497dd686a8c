// SPDX-License-Identifier: MIT
using Domovoi.KernelImages;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Boot;

public sealed class PvLoaderRefusalTests
{
    [Fact]
    public void Load_CommandLineOf1023Bytes_Fits()
    {
        using LoadedGuest guest = LoadedGuest.Load(TestKernel.LikeLinux().Parse(), commandLine: new string('x', 1023));

        Assert.Equal((byte)'x', guest.StartInfo.CommandLine[1022]);
    }

    [Fact]
    public void Load_CommandLineOf1024Bytes_IsRefused() =>
        Refuses("command-line-too-long", TestKernel.LikeLinux(), commandLine: new string('x', 1024));

    [Fact]
    public void Load_RamdiskLargerThanMemory_IsRefused() =>
        Refuses("ramdisk-too-large", TestKernel.LikeLinux(), ramdisk: new byte[(1024 * 4096) + 1], pages: 1024);

    [Fact]
    public void Load_MemorySmallerThanTheKernel_IsRefused() => Refuses("memory-too-small", TestKernel.LikeLinux(), pages: 512);

    [Fact]
    public void Load_MemorySmallerThanTheMapping_IsRefused() => Refuses("memory-too-small", TestKernel.LikeLinux(), pages: 1023);

    [Theory]
    [InlineData(0xFFFF_8000_0010_0000)]
    [InlineData(0xFFFF_7FFF_FFC0_0000)]
    [InlineData(0x0000_7FFF_FFE0_0000)]
    [InlineData(0xFFFF_FFFF_FFE0_0000)]
    [InlineData(0x0123_0000_0000_0000)]
    public void Load_BaseWhereNoGuestMayBe_IsRefused(ulong virtBase) => Refuses(
        "kernel-bad-addresses",
        TestKernel.LikeLinux().Without(ElfNote.InitP2m).Note(ElfNote.VirtBase, virtBase).Note(ElfNote.Entry, virtBase + 0x10_0000));

    [Theory]
    [InlineData(0xFFFF_8000_0000_0000)]
    [InlineData(0xFFFF_FFFF_7FFF_F000)]
    [InlineData(0x0123_0000_0000_0000)]
    public void Load_P2mWhereNoGuestMayHaveIt_IsRefused(ulong address) =>
        Refuses("kernel-bad-addresses", TestKernel.LikeLinux().Note(ElfNote.InitP2m, address));

    private static void Refuses(
        string code, TestKernel kernel, byte[]? ramdisk = null, ulong pages = 16384, string commandLine = "")
    {
        Exception? error = Record.Exception(() => LoadedGuest.Load(kernel.Parse(), ramdisk, pages, commandLine, false).Dispose());

        Assert.Equal(code, (error as DomainBuildException)?.Code ?? (error as KernelImageException)?.Code ?? error?.ToString());
        Assert.NotEmpty(error!.Message);
    }
}
