// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Domovoi.Guests;

/// <summary>What <c>dom vcpu-set</c>, <c>vcpu-pin</c> and <c>vcpu-list</c> do to a running guest.</summary>
public sealed class VcpuTests
{
    /// <summary>Brings up what the kernel has been given, as udev's rules do in a distribution, and tells each change.</summary>
    private const string ShowsOnline = """
        cd /sys/devices/system/cpu; last=; while true; do for c in cpu*/online; do [ "$(cat $c)" = 1 ] || echo 1 > $c; done 2>/dev/null; now=$(cat online); [ $now = "$last" ] || echo "online:$now;"; last=$now; usleep 50000; done
        """;

    [Fact]
    public async Task VcpuSet_AddsAndTakesAwayProcessors_AndIsKeptOverAReboot()
    {
        using GuestHost host = new();
        RunningGuest guest = host.Create(host.ConfigureDebian(ShowsOnline), "vcpus=1", "maxvcpus=3");
        await guest.SaysAsync("online:0;");
        Succeeds(host.Dom("vcpu-set", "guest", "2"));
        await guest.SaysAsync("online:0-1;");
        await UntilAsync(() => Vcpus(host) == 2);
        DomResult refused = host.Dom("vcpu-set", "guest", "4", "--ignore-host");
        Assert.Equal((1, true), (refused.ExitCode, refused.Error.Contains("at most 3", StringComparison.Ordinal)));
        Succeeds(host.Dom("vcpu-set", "--ignore-host", "guest", "3"));
        await guest.SaysAsync("online:0-2;");
        Succeeds(host.Dom("vcpu-set", "guest", "2"));
        await guest.SaysAsync(new Regex("online:0-2;(?s:.)*online:0-1;"), 0);
        int before = guest.Console.Length;
        Succeeds(host.Dom("reboot", "guest"));
        await guest.SaysAsync(new Regex("online:0-1;"), before);
        await UntilAsync(() => Vcpus(host) == 2);
    }

    [Fact]
    public async Task VcpuPin_SetsWhereTheHostRunsAVcpu()
    {
        Assert.SkipUnless(Environment.ProcessorCount >= 2, "needs two processors");
        using GuestHost host = new();
        RunningGuest guest = host.Create(host.ConfigureDebian(ShowsOnline), "vcpus=2", "cpus=[\"0\", \"1\"]", "cpus_soft=\"all\"");
        await guest.SaysAsync("online:0-1;");
        Assert.Equal(["0", "1"], Allowed(host));
        Succeeds(host.Dom("vcpu-pin", "guest", "1", "0-1,^1"));
        Assert.Equal(["0", "0"], Allowed(host));
        DomResult soft = host.Dom("vcpu-pin", "guest", "all", "1", "0");
        Assert.Contains("soft affinity", soft.Error, StringComparison.Ordinal);
        Assert.Equal(["1", "1"], Allowed(host));
        Assert.Equal(1, host.Dom("vcpu-pin", "guest", "2", "0").ExitCode);
        Assert.Contains("no CPU", host.Dom("vcpu-pin", "guest", "0", "0-8000").Error, StringComparison.Ordinal);
        Assert.Equal(["1", "1"], Allowed(host));
        string[] rows = host.Dom("vcpu-list", "guest").Output.Split('\n');
        Assert.Matches(@"^guest                                1     0    1   (r--|-b-)  +\d+\.\d  1 / 0$", rows[1]);
    }

    [Fact]
    public async Task VcpuList_ShowsProcessorsThatAreDown()
    {
        using GuestHost host = new();
        RunningGuest guest = host.Create(host.ConfigureDebian(ShowsOnline), "vcpus=1", "maxvcpus=2");
        await guest.SaysAsync("online:0;");
        string[] rows = host.Dom("vcpu-list").Output.Split('\n');
        Assert.StartsWith("Name                                ID  VCPU   CPU State   Time(s) Affinity (Hard / Soft)", rows[0], StringComparison.Ordinal);
        Assert.Matches(@"^Domain-0                             0     0    0   r--  +\d+\.\d  all / all$", rows[1]);
        Assert.Single(rows, row => Regex.IsMatch(row, @"^guest                                1     1    -   --p +\d+\.\d  .* / all$"));
    }

    private static void Succeeds(DomResult result) => Assert.True(result.ExitCode == 0, result.Error);

    private static int Vcpus(GuestHost host)
    {
        using JsonDocument list = JsonDocument.Parse(host.Dom("list", "--json").Output);
        return list.RootElement[1].GetProperty("vcpus").GetInt32();
    }

    /// <summary>What Linux says of the threads of the vCPUs, in their order.</summary>
    private static string[] Allowed(GuestHost host)
    {
        int process = Assert.Single(host.DomainProcesses());
        using JsonDocument list = JsonDocument.Parse(host.Dom("list", "--long").Output);
        JsonElement vcpus = list.RootElement[1].GetProperty("status").GetProperty("vcpus");
        return
        [
            .. vcpus.EnumerateArray()
                .Select(vcpu => string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task/{vcpu.GetProperty("thread").GetInt32()}/status"))
                .Select(path => File.ReadLines(path).First(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal)).Split('\t')[1]),
        ];
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (int tries = 0; !holds(); tries++)
        {
            Assert.True(tries < 200, "It did not become so.");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }
}
