// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;

namespace Domovoi.Guests;

/// <summary>Time in the guest passes as it does outside.</summary>
public sealed class ClockTests
{
    /// <summary>A minute is what is promised; <c>bench/clocks</c> asks for it, <c>./test</c> for less.</summary>
    private static TimeSpan LoadTime { get; } = TimeSpan.FromSeconds(
        double.Parse(Environment.GetEnvironmentVariable("DOMOVOI_CLOCK_SECONDS") ?? "10", CultureInfo.InvariantCulture));

    [Fact]
    public async Task Sleep_OfASecond_TakesASecond()
    {
        using GuestHost host = new();
        RunningGuest guest = host.Create(host.ConfigureDebian("(echo; for i in 1 2 3 4 5; do sleep 1; echo; done) | clock"));
        Assert.Equal(0, await guest.EndsAsync());
        double[] moments = GuestClock.Moments(guest.Console);
        double[] slept = [.. moments.Skip(1).Zip(moments, (later, earlier) => later - earlier).Order()];
        TestContext.Current.SendDiagnosticMessage($"sleep 1 took {string.Join(", ", slept.Select(s => $"{s:F4}"))} s");
        Assert.Equal(5, slept.Length);
        Assert.InRange(slept[0], 1.00, 1.02);
        Assert.InRange(slept[2], 1.00, 1.02);                   // one of five may have met a busy host
    }

    [Fact]
    public async Task Clocks_UnderLoad_AgreeWithTheHost()
    {
        using GuestHost host = new();
        RunningGuest guest = host.Create(host.ConfigureDebian(
            "while :; do gzip -c /bin/busybox >/dev/null; done & load=$!; clock; kill $load"));
        await guest.TypeAsync("");
        await guest.SaysAsync("@");
        GuestClock clock = new(guest);
        (double monotonic, double real, double question) = await clock.AheadAsync();
        await Task.Delay(LoadTime, TestContext.Current.CancellationToken);
        (double monotonicLater, double realLater, double questionLater) = await clock.AheadAsync();
        TestContext.Current.SendDiagnosticMessage(
            $"after {LoadTime.TotalSeconds} s of load CLOCK_MONOTONIC went {monotonicLater - monotonic:F3} ms, "
            + $"CLOCK_REALTIME {realLater - real:F3} ms ahead of the host's, and is {realLater:F3} ms ahead "
            + $"(questions took {question:F3} and {questionLater:F3} ms)");
        await guest.TypeAsync("q");
        Assert.Equal(0, await guest.EndsAsync());
        Assert.InRange(monotonicLater - monotonic, -1, 1);
        Assert.InRange(realLater - real, -1, 1);
        Assert.InRange(realLater, -50, 50);                     // Linux sets it by the tick of its boot, as on Xen
    }

    [Fact]
    public async Task IdleGuest_UsesNearlyNoProcessor()
    {
        using GuestHost host = new();
        RunningGuest guest = host.Create(host.ConfigureDebian(command: null));
        await guest.SaysAsync("# ");
        await Task.Delay(TimeSpan.FromSeconds(4), TestContext.Current.CancellationToken);
        using Process process = Process.GetProcessById(Assert.Single(host.DomainProcesses()));
        TimeSpan before = process.TotalProcessorTime;
        long begun = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken);
        process.Refresh();
        double share = (process.TotalProcessorTime - before) / Stopwatch.GetElapsedTime(begun);
        TestContext.Current.SendDiagnosticMessage($"an idle guest used {share:P2} of a processor");
        Assert.InRange(share, 0, 0.01);
    }
}
