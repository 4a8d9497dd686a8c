// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Domovoi.GuestDisks;
using Domovoi.GuestDisks.Ext;
using Domovoi.GuestDisks.Grub;

namespace Domovoi.Guests;

/// <summary>What <c>dom image build</c> makes, from Debian's mirror. That it boots is what the tests of disks and networks show.</summary>
public sealed class ImageBuildTests
{
    [Fact]
    public void Image_IsAWholeFileSystem()
    {
        ProcessStartInfo check = new("/usr/sbin/e2fsck", ["-fn", DebianDisk.Bookworm.Image]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(check)!;
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, said);
    }

    [Fact]
    public void Image_HasWhatAGuestNeeds()
    {
        string key = File.ReadAllText(DebianDisk.Bookworm.Key + ".pub").Trim();
        Inspect((files, _) =>
        {
            Assert.Equal("guest\n", files.ReadText("/etc/hostname"));
            Assert.Contains($"UUID={files.Uuid} / ext4", files.ReadText("/etc/fstab"), StringComparison.Ordinal);
            Assert.Contains("devpts /dev/pts devpts", files.ReadText("/etc/fstab"), StringComparison.Ordinal);
            Assert.Equal("/lib/systemd/system/serial-getty@.service", files.LinkTarget("/etc/systemd/system/getty.target.wants/serial-getty@hvc0.service"));
            Assert.Contains("DHCP=yes", files.ReadText("/etc/systemd/network/80-dhcp.network"), StringComparison.Ordinal);
            Assert.Equal(key, files.ReadText("/root/.ssh/authorized_keys")?.Trim());
            Assert.Equal(0x180, files.Find("/root/.ssh/authorized_keys")!.Permissions);
            Assert.Contains("OPENSSH PRIVATE KEY", files.ReadText("/etc/ssh/ssh_host_ed25519_key"), StringComparison.Ordinal);
            Assert.True(files.Exists("/lib/systemd/systemd-udevd"));
            Assert.Equal(0, files.Find("/etc/machine-id")!.Size);
            Assert.Empty(files.List("/etc/dpkg/dpkg.cfg.d"));
        });
    }

    [Fact]
    public void Image_BootMenu_IsTheGuestsOwn() => Inspect((files, loader) =>
    {
        Assert.Equal("/boot/grub/grub.cfg", loader.Menu.Source);
        Assert.Equal(1, loader.Menu.Timeout);
        BootLoad load = loader.Menu.DefaultEntry.Load!();
        Assert.StartsWith($"root=UUID={files.Uuid} ro console=hvc0", load.CommandLine, StringComparison.Ordinal);
        Assert.StartsWith("/boot/vmlinuz-6.1.", load.Kernel.Path, StringComparison.Ordinal);
        Assert.True(files.Exists(Assert.Single(load.Ramdisks).Path));
    });

    [Fact]
    public void Build_SaysHowToLogIn()
    {
        Assert.Contains("Debian bookworm, 8G", DebianDisk.Bookworm.Said, StringComparison.Ordinal);
        Assert.Contains("root logs in over ssh with your key", DebianDisk.Bookworm.Said, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(Path.GetDirectoryName(DebianDisk.Bookworm.Image)!, ".*.work"));
    }

    [Fact]
    public void Doctor_FindsNothing()
    {
        using GuestHost host = new();
        DomResult result = host.Dom("doctor", DebianDisk.Bookworm.Image);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.Contains("Debian GNU/Linux 12 (bookworm), ext4 on the whole disk", result.Output, StringComparison.Ordinal);
    }

    private static void Inspect(Action<ExtFileSystem, GuestBootLoader> check)
    {
        using RawDisk disk = RawDisk.Open(DebianDisk.Bookworm.Image);
        using GuestFileSystems systems = GuestFileSystems.Open(disk);
        check(Assert.Single(systems.Readable).Files, GuestBootLoader.Open(systems));
    }
}
