// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Domovoi.Toolstack.Provisioning;

namespace Domovoi.Guests;

/// <summary>Kernels beside the one that <c>dom try</c> boots, from the machine's own mirror; skipped where it has none.</summary>
public sealed class OtherKernelTests
{
    [Theory]
    [InlineData("linux-image-cloud-amd64", "", "cloud-amd64")]
    [InlineData("linux-image-amd64", "bookworm-backports", "Linux 6.12.")]
    public async Task Boot_AnotherKernelOfDebian_ReachesAShellAndPowersOff(string package, string suite, string release)
    {
        string kernel = Fetch(package, suite);
        using GuestHost host = new();
        string ramdisk = GuestHost.Debian.Initramfs;
        RunningGuest guest = host.Create(host.Configure(
            "other", $"kernel = \"{kernel}\"\nramdisk = \"{ramdisk}\"\nmemory = 256\nextra = \"console=hvc0 panic=-1\""));
        await guest.SaysAsync("# ");
        await guest.TypeAsync("uname -sr; echo $(dmesg | grep -cE 'WARNING:|BUG:|Oops|Call Trace|rcu.*stall') complaints; poweroff");
        Assert.Equal(0, await guest.EndsAsync());
        Assert.Contains(release, guest.Console, StringComparison.Ordinal);
        Assert.Contains("\n0 complaints", guest.Console, StringComparison.Ordinal);
    }

    /// <summary>Runs <c>fetch-kernel</c>, which stands beside this file in the sources.</summary>
    private static string Fetch(string package, string suite)
    {
        string folder = Path.Combine(CacheDirectory.Root(), "test-kernels", $"{package}-{suite}");
        ProcessStartInfo start = new(Path.Combine(AppContext.BaseDirectory, "fetch-kernel"), [folder, package, suite])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string kernel = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        Assert.SkipUnless(process.ExitCode == 0, $"{package} {suite} could not be fetched: {errors.Result.Trim()}");
        return kernel;
    }
}
