// SPDX-License-Identifier: MIT
namespace Domovoi.Guests;

/// <summary>Debian's own PV GRUB as the guest's kernel: a small operating system with its own disk driver, which loads the guest's kernel itself.</summary>
public sealed class PvGrubTests
{
    private const string Grub = "/usr/lib/grub-xen/grub-x86_64-xen.bin";

    private const string Menu = """
        set timeout=60
        menuentry "First" {
            linux /boot/vmlinuz console=hvc0 chosen=first
            initrd /boot/initrd.img
        }
        menuentry "Second" {
            linux /boot/vmlinuz console=hvc0 chosen=second
            initrd /boot/initrd.img
        }

        """;

    /// <summary>With more memory than its first page tables map, so that it has to make others for the kernel.</summary>
    [Fact]
    public async Task Menu_OnThePvConsole_BootsTheEntryThatIsChosen()
    {
        Assert.SkipUnless(File.Exists(Grub), "grub-xen-host is not installed");
        using GuestHost host = new();
        RunningGuest guest = host.Create(host.Configure(
            "grub", $"kernel = \"{Grub}\"\nmemory = 2048\ndisk = ['{BootDisk.Make(host, Menu)},raw,xvda,rw']"));
        await guest.SaysAsync("Press enter to boot the selected OS");
        await guest.PressAsync("\u001b[B");                  // down
        await guest.PressAsync("\r");
        await guest.SaysAsync("root@domovoi:/root# ");
        await guest.TypeAsync("echo it was $(grep -o 'chosen=[a-z]*' /proc/cmdline); grep MemTotal /proc/meminfo; poweroff");
        Assert.Equal(0, await guest.EndsAsync());
        Assert.Contains("it was chosen=second", guest.Console, StringComparison.Ordinal);
        Assert.Matches("MemTotal: +(19|20)[0-9]{5} kB", guest.Console);
        Assert.DoesNotMatch("WARNING:|BUG:|Oops", guest.Console);
    }

    [Fact]
    public async Task Halt_OnItsCommandLine_EndsTheDomain()
    {
        Assert.SkipUnless(File.Exists(Grub), "grub-xen-host is not installed");
        using GuestHost host = new();
        RunningGuest guest = host.Create(host.Configure("grub", $"kernel = \"{Grub}\"\nmemory = 64"));
        await guest.SaysAsync("grub>");
        await guest.TypeAsync("halt");
        Assert.Equal(0, await guest.EndsAsync());
    }
}
