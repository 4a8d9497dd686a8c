// SPDX-License-Identifier: MIT
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

    [Fact]
    public async Task DiskOfAnotherFormat_IsBootedFrom()
    {
        using GuestHost host = new();
        string configuration = Configure(host);
        (string raw, string image) = (host.InFolder("disk.img"), host.InFolder("disk.qcow2"));
        Assert.SkipUnless(File.Exists("/usr/bin/qemu-img") && File.Exists("/usr/bin/qemu-nbd"), "qemu-nbd is not installed (package qemu-utils)");
        Assert.Equal(0, HostProgram.Run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, image).ExitCode);
        File.Delete(raw);
        RunningGuest guest = host.Create(configuration, $"disk=['{image},qcow2,xvda,rw']", "--entry", "1>0");
        await guest.SaysAsync("# ");
        await guest.TypeAsync("echo it was $(grep -o 'chosen=[a-z]*' /proc/cmdline); poweroff");
        Assert.Equal(0, await guest.EndsAsync());
        Assert.Contains("it was chosen=other", guest.Console, StringComparison.Ordinal);
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
        string image = BootDisk.Make(host, Menu);
        return host.Configure("booted", $"bootloader = \"pygrub\"\nmemory = 256\nextra = \"added\"\ndisk = ['{image},raw,xvda,rw']");
    }
}
