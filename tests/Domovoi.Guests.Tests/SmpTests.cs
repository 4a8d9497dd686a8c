// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text.RegularExpressions;
using Domovoi.Toolstack.Provisioning;

namespace Domovoi.Guests;

/// <summary>Several processors: what one of them does to memory, code and translations holds for the others.</summary>
public sealed partial class SmpTests
{
    /// <summary>Seconds for each of the program's tests; <c>bench/smp</c> gives minutes.</summary>
    private static string Seconds { get; } = Environment.GetEnvironmentVariable("DOMOVOI_SMP_SECONDS") ?? "1";

    [Theory]
    [InlineData(2, 4)]
    [InlineData(4, 6)]
    public async Task Processors_DoingThingsToOneAnother_SeeThemInOrder(int vcpus, int threads)
    {
        using GuestHost host = new();
        RunningGuest guest = host.Create(Configure(host, $"smp {Seconds} {threads}; echo ended with $?"), $"vcpus={vcpus}");
        double needed = 12 * double.Parse(Seconds, CultureInfo.InvariantCulture);
        Assert.Equal(0, await guest.EndsAsync(TimeSpan.FromSeconds(120 + (2 * needed))));
        Assert.DoesNotContain("WRONG", guest.Console, StringComparison.Ordinal);
        Assert.Contains("ended with 0", guest.Console, StringComparison.Ordinal);
        Assert.All(Turns().Matches(guest.Console), match => Assert.NotEqual(0, long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)));
        Assert.Equal(12, Turns().Count(guest.Console));
    }

    [Fact]
    public async Task Processors_ComeAndGoUnderLoad()
    {
        const string Script = "smp 30 6 count forks & for i in 1 2 3 4 5 6 7 8; do for c in 1 2 3; do echo 0 > /sys/devices/system/cpu/cpu$c/online; done; "
            + "nproc; for c in 1 2 3; do echo 1 > /sys/devices/system/cpu/cpu$c/online; done; nproc; done; killall smp; echo was $(nproc)";
        using GuestHost host = new();
        RunningGuest guest = host.Create(Configure(host, Script), "vcpus=4");
        Assert.Equal(0, await guest.EndsAsync());
        Assert.Contains("was 4", guest.Console, StringComparison.Ordinal);
        Assert.DoesNotMatch("(?i)bug:|oops|rcu.*stall|WRONG|call trace", guest.Console);
    }

    private static string Configure(GuestHost host, string command)
    {
        string program = host.InFolder("smp");
        string source = Path.Combine(GuestHost.Repository, "bench", "guest", "smp.c");
        DomResult compiled = HostProgram.Run("gcc", "-O2", "-static", "-pthread", "-o", program, source);
        Assert.True(compiled.ExitCode == 0, compiled.Error);
        string ramdisk = host.InFolder("smp.ramdisk");
        using (FileStream file = File.Create(ramdisk))
        {
            InitramfsContents contents = new() { Command = command, Files = [(program, "bin/smp")] };
            InitramfsBuilder.Build(GuestHost.Debian.Busybox, contents, file);
        }

        return host.Configure(
            "guest",
            $"""
            kernel = "{GuestHost.Debian.Kernel}"
            ramdisk = "{ramdisk}"
            memory = 512
            extra = "console=hvc0 panic=-1"
            """);
    }

    [GeneratedRegex(@"RESULT \w+ (\d+) turns")]
    private static partial Regex Turns();
}
