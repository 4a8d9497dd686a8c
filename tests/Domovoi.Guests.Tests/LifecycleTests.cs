// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace Domovoi.Guests;

/// <summary>What a person does to a running domain from outside.</summary>
public sealed class LifecycleTests
{
    [Fact]
    public async Task Shutdown_WithTheGuestsConsent_EndsCleanly()
    {
        using GuestHost host = new();
        RunningGuest guest = await BootToShellAsync(host);
        Assert.Equal(0, host.Dom("shutdown", "guest").ExitCode);
        Assert.Equal(0, await guest.EndsAsync());
        Assert.Empty(host.DomainProcesses());
    }

    [Fact]
    public async Task Reboot_WithTheGuestsConsent_BootsAgainUnderTheSameName()
    {
        using GuestHost host = new();
        RunningGuest guest = await BootToShellAsync(host, "on_reboot=\"restart\"");
        await guest.TypeAsync("echo first-$((1 + 1))-life");
        await guest.SaysAsync("first-2-life");
        Assert.Equal(0, host.Dom("reboot", "guest").ExitCode);
        await guest.SaysAsync("Linux version");
        int before = guest.Console.Length;
        await WaitUntilAsync(() => guest.Console.IndexOf("# ", before, StringComparison.Ordinal) >= 0);
        Assert.Contains("guest", host.Dom("list").Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reboot_InDomTry_StartsItAgain()
    {
        using GuestHost host = new();
        RunningGuest guest = host.Try("--memory", "256");
        await guest.SaysAsync("root@domovoi:/root# ");
        await guest.TypeAsync("reboot");
        await guest.SaysAsync("Restarting system");
        int before = guest.Console.Length;
        await WaitUntilAsync(() => guest.Console.IndexOf("# ", before, StringComparison.Ordinal) >= 0);
        await guest.TypeAsync("poweroff");
        Assert.Equal(0, await guest.EndsAsync());
    }

    [Fact]
    public async Task Pause_StopsTheGuest_UnpauseLetsItGoOn()
    {
        using GuestHost host = new();
        RunningGuest guest = await BootToShellAsync(host);
        await guest.TypeAsync("while true; do echo tick; usleep 20000; done");
        await guest.SaysAsync("tick\r\ntick");
        Assert.Equal(0, host.Dom("pause", "guest").ExitCode);
        await Task.Delay(300, TestContext.Current.CancellationToken);
        int paused = guest.Console.Length;
        await Task.Delay(500, TestContext.Current.CancellationToken);
        Assert.Equal(paused, guest.Console.Length);
        Assert.Equal(0, host.Dom("unpause", "guest").ExitCode);
        await WaitUntilAsync(() => guest.Console.Length > paused);
    }

    [Fact]
    public async Task Destroy_OfARunningGuest_LeavesNoProcess()
    {
        using GuestHost host = new();
        RunningGuest guest = await BootToShellAsync(host);
        Assert.Equal(0, host.Dom("destroy", "guest").ExitCode);
        await guest.EndsAsync();
        Assert.Empty(host.DomainProcesses());
        Assert.DoesNotContain("guest", host.Dom("list").Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kill9_OfTheDomainsProcess_LeavesOnlyItsLogAndAWordInTheList()
    {
        using GuestHost host = new();
        RunningGuest guest = await BootToShellAsync(host);
        Process.GetProcessById(Assert.Single(host.DomainProcesses())).Kill();
        Assert.NotEqual(0, await guest.EndsAsync());
        Assert.Empty(host.DomainProcesses());
        Assert.Equal(0, host.Dom("list").ExitCode);
        Assert.Equal(0, host.Dom("create", host.ConfigureDebian(command: null)).ExitCode);      // the name is free again
        Assert.Equal(0, host.Dom("destroy", "guest").ExitCode);
    }

    [Fact]
    public async Task List_OfALivingGuest_ShowsXlsColumnsAndTheHost()
    {
        using GuestHost host = new();
        await BootToShellAsync(host);
        string list = host.Dom("list").Output;
        Assert.Matches(@"Name\s+ID\s+Mem\s+VCPUs\s+State\s+Time\(s\)", list);
        Assert.Contains("Domain-0", list, StringComparison.Ordinal);
        Assert.Matches(@"guest\s+\d+\s+256\s+1\s+[r-][b-]----", list);
    }

    private static async Task<RunningGuest> BootToShellAsync(GuestHost host, params string[] settings)
    {
        RunningGuest guest = host.Create(host.ConfigureDebian(command: null), settings);
        await guest.SaysAsync("# ");
        return guest;
    }

    private static async Task WaitUntilAsync(Func<bool> condition)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), "It did not happen within a minute.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
