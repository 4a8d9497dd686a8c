// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace Domovoi.Guests;

/// <summary>Debian's kernel and a shell, booted from a disk by the menu that is on it.</summary>
public sealed class PygrubTests
{
    private const string Menu = """
        set timeout=1
        menuentry "Shell" --id shell {
            linux /boot/vmlinuz console=hvc0 chosen=first
            initrd /boot/initrd.img
        }
        submenu "More" {
            menuentry "Other" { linux /boot/vmlinuz console=hvc0 chosen=other
                initrd /boot/initrd.img
            }
            menuentry "Broken" { linux /boot/gone
            }
        }

        """;

    [Fact]
    public async Task Menu_ShowsItself_AndBootsItsDefault()
    {
        using GuestHost host = new();
        RunningGuest guest = host.Create(Configure(host));
        await guest.SaysAsync(" * 0  Shell");
        await guest.SaysAsync("# ");
        await guest.TypeAsync("echo it was $(grep -o 'chosen=.*' /proc/cmdline); poweroff");
        Assert.Equal(0, await guest.EndsAsync());
        Assert.Contains("it was chosen=first added", guest.Console, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Entry_OnTheCommandLine_IsBootedAtOnce()
    {
        using GuestHost host = new();
        RunningGuest guest = host.Create(Configure(host), "bootloader_args=[\"--entry=1>0\"]");
        await guest.SaysAsync("# ");
        await guest.TypeAsync("echo it was $(grep -o 'chosen=[a-z]*' /proc/cmdline); poweroff");
        Assert.Equal(0, await guest.EndsAsync());
        Assert.Contains("it was chosen=other", guest.Console, StringComparison.Ordinal);
        Assert.DoesNotContain("Boot menu", guest.Console, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("9", "has no entry \"9\"")]
    [InlineData("More>Broken", "names the kernel /boot/gone, which is not on the disk")]
    public void Entry_ThatCannotBeBooted_IsRefusedAtOnce(string entry, string message)
    {
        using GuestHost host = new();
        DomResult result = host.Dom("create", Configure(host), "--entry", entry);
        result.IsOneClearError(message);
        host.NothingIsLeft();
    }

    private static string Configure(GuestHost host)
    {
        string tree = host.InFolder("tree");
        Directory.CreateDirectory(Path.Combine(tree, "boot", "grub"));
        File.WriteAllText(Path.Combine(tree, "boot", "grub", "grub.cfg"), Menu);
        File.Copy(GuestHost.Debian.Kernel, Path.Combine(tree, "boot", "vmlinuz"));
        File.Copy(GuestHost.Debian.Initramfs, Path.Combine(tree, "boot", "initrd.img"));
        string image = host.InFolder("disk.img");
        string mke2fs = File.Exists("/usr/sbin/mke2fs") ? "/usr/sbin/mke2fs" : "/sbin/mke2fs";
        Assert.SkipUnless(File.Exists(mke2fs), "mke2fs is not installed.");
        using Process make = Process.Start(new ProcessStartInfo(mke2fs, ["-q", "-t", "ext4", "-d", tree, image, "64M"]) { RedirectStandardOutput = true })!;
        make.WaitForExit();
        Assert.Equal(0, make.ExitCode);
        return host.Configure("booted", $"bootloader = \"pygrub\"\nmemory = 256\nextra = \"added\"\ndisk = ['{image},raw,xvda,rw']");
    }
}
