// SPDX-License-Identifier: MIT
namespace Domovoi.Guests;

/// <summary>Debian's own installer, as Debian packs it: kernel and initrd.gz of debian-installer-12-netboot-amd64.</summary>
public sealed class DebianInstallerTests : IDisposable
{
    private static readonly string[] s_excuses = ["could not be fetched", "gives no Debian release", "are not on this machine"];
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    /// <summary>All but the language, so that its first menu is asked and the rest goes by itself.</summary>
    private const string Answers = """
        d-i keyboard-configuration/xkb-keymap select us
        d-i netcfg/choose_interface select auto
        d-i netcfg/get_hostname string installed
        d-i netcfg/get_domain string localdomain
        d-i mirror/country string manual
        d-i mirror/http/hostname string deb.debian.org
        d-i mirror/http/directory string /debian
        d-i mirror/http/proxy string

        """;

    private readonly GuestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Installer_AsksOnHvc0_AndFindsItsNetwork()
    {
        Assert.SkipUnless(NetworkTests.HasSlirp(), "libslirp0 is not installed");
        (string folder, string answers) = (_host.InFolder("installer"), _host.InFolder("answers"));
        File.WriteAllText(answers, Answers);
        DomResult fetched = _host.Dom(s_limit, ["image", "installer", "--preseed", answers, folder]);
        Assert.SkipWhen(fetched.ExitCode != 0 && s_excuses.Any(excuse => fetched.Error.Contains(excuse, StringComparison.Ordinal)), fetched.Error);
        Assert.Equal((0, $"kernel={folder}/linux\nramdisk={folder}/initrd.gz\n"), (fetched.ExitCode, fetched.Output));

        string settings = $"memory = 1024\nkernel = \"{folder}/linux\"\nramdisk = \"{folder}/initrd.gz\"\nextra = \"console=hvc0 priority=critical\"";
        RunningGuest guest = _host.Create(_host.Configure("installer", $"{settings}\nvif = ['']"));
        await guest.SaysAsync("Choose the language to be used for the installation process.");
        await guest.PressAsync("\r");
        await guest.SaysAsync("Select your location");
        await guest.PressAsync("\r");
        await guest.SaysAsync("Checking the Debian archive mirror");     // so netfront has an address

        await guest.PressAsync("\u0001" + "2");                          // screen's second window: a shell
        await guest.PressAsync("\r");
        await guest.SaysAsync("built-in shell (ash)");
        await guest.PressAsync("ip -4 -o addr show scope global\r");
        await guest.SaysAsync("inet 10.0.2.15");
    }
}
