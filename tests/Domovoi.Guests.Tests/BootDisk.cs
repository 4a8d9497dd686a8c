// SPDX-License-Identifier: MIT
namespace Domovoi.Guests;

/// <summary>A small disk with Debian's kernel, a shell, and a GRUB menu that boots them.</summary>
internal static class BootDisk
{
    /// <summary>The kernel is <c>/boot/vmlinuz</c>, the shell <c>/boot/initrd.img</c>.</summary>
    /// <param name="host">The image is made in its folder.</param>
    /// <param name="menu">What becomes <c>/boot/grub/grub.cfg</c>.</param>
    internal static string Make(GuestHost host, string menu)
    {
        string tree = host.InFolder("tree");
        Directory.CreateDirectory(Path.Combine(tree, "boot", "grub"));
        File.WriteAllText(Path.Combine(tree, "boot", "grub", "grub.cfg"), menu);
        File.Copy(GuestHost.Debian.Kernel, Path.Combine(tree, "boot", "vmlinuz"));
        File.Copy(GuestHost.Debian.Initramfs, Path.Combine(tree, "boot", "initrd.img"));
        string image = host.InFolder("disk.img");
        Assert.Equal(0, HostProgram.Run("mke2fs", "-q", "-t", "ext4", "-d", tree, image, "64M").ExitCode);
        return image;
    }
}
