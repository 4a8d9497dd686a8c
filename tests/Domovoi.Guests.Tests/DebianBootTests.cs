// SPDX-License-Identifier: MIT
using System.Text.RegularExpressions;

namespace Domovoi.Guests;

/// <summary>Debian's own kernel, unmodified, from its first instruction to a clean end.</summary>
public sealed partial class DebianBootTests
{
    [Theory]
    [InlineData(96)]
    [InlineData(512)]
    [InlineData(4096)]
    public async Task Boot_WithMebibytes_ReachesUserSpaceAndPowersOff(int memory)
    {
        using GuestHost host = new();
        RunningGuest guest = host.Create(host.ConfigureDebian("grep MemTotal /proc/meminfo", memory));
        int exitCode = await guest.EndsAsync();

        Assert.True(exitCode == 0, $"exit code {exitCode}:\n{guest.Console}");
        Assert.InRange(MemoryInMebibytes(guest.Console), memory / 3, memory);
        Assert.Empty(host.DomainProcesses());
    }

    [Fact]
    public void Try_WithACommand_RunsItAndPowersOff()
    {
        using GuestHost host = new();
        _ = GuestHost.Debian;
        DomResult result = host.Dom("try", "--", "echo", "two  words", "$((1 + 1))");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("two  words $((1 + 1))", result.Output, StringComparison.Ordinal);
        Assert.Empty(host.DomainProcesses());
    }

    [Fact]
    public async Task Boot_KernelLog_HasNoWarningAndTellsOfXen()
    {
        using GuestHost host = new();
        RunningGuest guest = host.Create(host.ConfigureDebian("echo --dmesg--; dmesg; echo --end--"));
        Assert.Equal(0, await guest.EndsAsync());

        string log = guest.Console[guest.Console.IndexOf("--dmesg--", StringComparison.Ordinal)..];
        Assert.DoesNotMatch(Trouble(), log);
        Assert.Contains("Booting kernel on Xen", log, StringComparison.Ordinal);
        Assert.Contains("--end--", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sysfs_Hypervisor_ReadsAsOnXen()
    {
        using GuestHost host = new();
        RunningGuest guest = host.Create(host.ConfigureDebian(
            "cd /sys/hypervisor; for f in type version/major properties/capabilities uuid guest_type; do echo $f=$(cat $f); done"));
        Assert.Equal(0, await guest.EndsAsync());

        Assert.Contains("type=xen", guest.Console, StringComparison.Ordinal);
        Assert.Contains("version/major=4", guest.Console, StringComparison.Ordinal);
        Assert.Contains("xen-3.0-x86_64", guest.Console, StringComparison.Ordinal);
        Assert.Contains("guest_type=PV", guest.Console, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shell_TypedLines_AreAnswered()
    {
        using GuestHost host = new();
        RunningGuest guest = host.Create(host.ConfigureDebian(command: null));
        await guest.SaysAsync("# ");
        await guest.TypeAsync("echo $((6 * 7))-answered");
        await guest.SaysAsync("42-answered");
        await guest.TypeAsync("poweroff");
        Assert.Equal(0, await guest.EndsAsync());
    }

    [Fact]
    public async Task Console_MuchOutput_ArrivesCompleteAndIsLogged()
    {
        using GuestHost host = new();
        RunningGuest guest = host.Create(host.ConfigureDebian("seq 1 60000; sleep 1"));
        Assert.Equal(0, await guest.EndsAsync());

        string[] lines = guest.Console.ReplaceLineEndings("\n").Split('\n');
        int first = Array.IndexOf(lines, "1");
        Assert.Equal(Enumerable.Range(1, 60000).Select(n => $"{n}"), lines.Skip(first).Take(60000));
    }

    [Fact]
    public async Task Panic_InTheGuest_EndsWithAnotherCode()
    {
        using GuestHost host = new();
        RunningGuest guest = host.Create(host.ConfigureDebian("echo c > /proc/sysrq-trigger"), "on_crash=\"destroy\"", "on_reboot=\"destroy\"");
        Assert.NotEqual(0, await guest.EndsAsync());
        Assert.Empty(host.DomainProcesses());
    }

    private static int MemoryInMebibytes(string console)
    {
        Match line = MemTotal().Match(console);
        Assert.True(line.Success, $"No line of memory:\n{console}");
        return int.Parse(line.Groups[1].Value) / 1024;
    }

    [GeneratedRegex(@"MemTotal:\s+(\d+) kB")]
    private static partial Regex MemTotal();

    [GeneratedRegex(@"WARNING:|BUG:|Oops|Call Trace|general protection|unable to handle|rcu.*stall")]
    private static partial Regex Trouble();
}
