// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Domovoi.Guests;

/// <summary>Time in the guest passes as it does outside.</summary>
public sealed partial class ClockTests
{
    [Fact]
    public async Task Sleep_OfASecond_TakesASecond()
    {
        using GuestHost host = new();
        RunningGuest guest = host.Create(host.ConfigureDebian(
            "for i in 1 2 3; do a=$(cut -d' ' -f1 /proc/uptime); sleep 1; b=$(cut -d' ' -f1 /proc/uptime); echo slept=$a,$b; done"));
        Assert.Equal(0, await guest.EndsAsync());
        double[] slept = [.. Slept().Matches(guest.Console).Select(m => Number(m.Groups[2]) - Number(m.Groups[1]))];
        Assert.Equal(3, slept.Length);
        Assert.InRange(slept.Min(), 0.99, 1.03);                // /proc/uptime counts hundredths, and two programs start in between
    }

    [Fact]
    public async Task WallClock_AgreesWithTheHost()
    {
        using GuestHost host = new();
        RunningGuest guest = host.Create(host.ConfigureDebian(command: null));
        await guest.SaysAsync("# ");
        await guest.TypeAsync("echo now=$(date +%s); poweroff");
        await guest.SaysAsync("\nnow=");
        long outside = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        await guest.EndsAsync();
        Assert.InRange(long.Parse(Now().Match(guest.Console).Groups[1].Value, CultureInfo.InvariantCulture) - outside, -2, 1);
    }

    [Fact]
    public async Task IdleGuest_UsesNearlyNoProcessor()
    {
        using GuestHost host = new();
        RunningGuest guest = host.Create(host.ConfigureDebian(command: null));
        await guest.SaysAsync("# ");
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        using Process process = Process.GetProcessById(Assert.Single(host.DomainProcesses()));
        TimeSpan before = process.TotalProcessorTime;
        await Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        process.Refresh();
        Assert.InRange((process.TotalProcessorTime - before).TotalSeconds, 0, 0.15);
    }

    private static double Number(Group group) => double.Parse(group.Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"slept=([\d.]+),([\d.]+)")]
    private static partial Regex Slept();

    [GeneratedRegex(@"\nnow=(\d+)")]
    private static partial Regex Now();
}
