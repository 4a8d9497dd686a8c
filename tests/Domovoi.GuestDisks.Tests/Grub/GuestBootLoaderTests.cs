// SPDX-License-Identifier: MIT
namespace Domovoi.GuestDisks.Grub;

public sealed class GuestBootLoaderTests
{
    private const string Menu = "search --fs-uuid --set=root 6f1d3c1e-54d5-4c9d-9a0e-2b7f1c1d2e3f\nmenuentry d {\n linux /boot/vmlinuz root=/dev/xvda\n initrd /boot/ucode /boot/initrd.img\n}\n";

    [Fact]
    public void KernelAndRamdisks_ComeOutOfTheDisk()
    {
        using TestDisk disk = new TestDisk().With("boot/grub/grub.cfg", Menu).With("boot/vmlinuz-6.1", "the kernel")
            .WithLink("boot/vmlinuz", "vmlinuz-6.1").With("boot/ucode", "first,").With("boot/initrd.img", "second")
            .Make("-t ext4 -U 6f1d3c1e-54d5-4c9d-9a0e-2b7f1c1d2e3f");
        using GuestFileSystems systems = GuestFileSystems.Open(disk.Open());
        GuestBootLoader loader = GuestBootLoader.Open(systems);
        Assert.True(loader.Extract(loader.Menu.DefaultEntry.Load!(), disk.File("k"), disk.File("r")));
        Assert.Equal("the kernel", File.ReadAllText(disk.File("k")));
        Assert.Equal("first,second", File.ReadAllText(disk.File("r")));
    }

    [Fact]
    public void MissingKernel_IsNamed()
    {
        using TestDisk disk = new TestDisk().With("boot/grub/grub.cfg", Menu).Make();
        using GuestFileSystems systems = GuestFileSystems.Open(disk.Open());
        GuestBootLoader loader = GuestBootLoader.Open(systems);
        GuestDiskException refusal = Assert.Throws<GuestDiskException>(
            () => loader.Extract(loader.Menu.DefaultEntry.Load!(), disk.File("k"), disk.File("r")));
        Assert.Contains("/boot/vmlinuz, which is not on the disk", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DiskWithoutAMenu_SaysWhatItHolds()
    {
        using TestDisk disk = new TestDisk().With("boot/nothing", "").Make();
        using GuestFileSystems systems = GuestFileSystems.Open(disk.Open());
        GuestDiskException refusal = Assert.Throws<GuestDiskException>(() => GuestBootLoader.Open(systems));
        Assert.Contains("the disk holds ext4", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SwapDisk_SaysWhatItHolds()
    {
        using TestDisk disk = new();
        using (FileStream file = File.Create(disk.Image))
        {
            file.SetLength(1 << 20);
        }

        HostTool.Run("mkswap", disk.Image);
        using GuestFileSystems systems = GuestFileSystems.Open(disk.Open());
        Assert.Contains("swap space", Assert.Throws<GuestDiskException>(() => GuestBootLoader.Open(systems)).Message, StringComparison.Ordinal);
    }
}
