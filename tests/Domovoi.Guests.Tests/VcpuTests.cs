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
    public async Task Guest_ThatSharesAProcessor_SeesItsTimeStolen()
    {
        const string busy = "while :; do :; done & while :; do sleep 1; echo \"stolen:$(awk '/^cpu / { print $9 }' /proc/stat);\"; done";
        using GuestHost host = new();
        RunningGuest guest = host.Create(host.ConfigureDebian(busy), "cpus=\"0\"");
        _ = host.Create(host.ConfigureDebian(busy, name: "other"), "cpus=\"0\"");

        // In hundredths of a second: of each second about half.
        await guest.SaysAsync(new Regex(@"stolen:\d{3,};"), 0);
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

    [Fact]
    public async Task PerfMap_NamesTheBlocksOfEachVcpu_WhileTheyRun()
    {
        using GuestHost host = new();
        RunningGuest guest = host.Create(host.ConfigureDebian(ShowsOnline), "vcpus=2");
        await guest.SaysAsync("online:0-1;");
        string path = host.Dom("debug", "perf-map", "guest").Output.Trim();
        int process = Assert.Single(host.DomainProcesses());
        string[] lines = await File.ReadAllLinesAsync(path, TestContext.Current.CancellationToken);
        File.Delete(path);
        Assert.Equal($"/tmp/perf-{process}.map", path);
        Assert.All(lines, static line => Assert.Matches("^[0-9a-f]+ [0-9a-f]+ (domovoi-thunks|guest-(kernel|user|retired)-[0-9a-f]+)$", line));
        Assert.Equal(2, lines.Count(static line => line.EndsWith("domovoi-thunks", StringComparison.Ordinal)));
        Assert.Contains(lines, static line => line.Contains("guest-user-", StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.Contains("guest-kernel-ffffffff8", StringComparison.Ordinal));
        Assert.All([lines[0], lines[^1]], line => Assert.True(IsExecutable(process, line), line));
    }

    [Fact]
    public async Task Top_CountsWhatAGuestDoes_InXentopsColumns()
    {
        using GuestHost host = new();
        RunningGuest guest = host.Create(host.ConfigureDebian(ShowsOnline), "vcpus=2");
        await guest.SaysAsync("online:0-1;");
        string[] lines = host.Dom("top", "--batch", "-i", "2", "-d", "1", "--exits", "-v").Output.Split('\n');
        string[] first = lines.First(static line => line.Contains(" guest ", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] last = lines.Last(static line => line.Contains(" guest ", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(("0.0", "2"), (first[3], first[8]));
        Assert.NotEqual("0.0", last[3]);                    // CPU(%)
        Assert.True(int.Parse(last[^1], CultureInfo.InvariantCulture) > 0, "no hypercalls");
        Assert.Matches(@"Exits/s: .*syscall [1-9]", lines.Last(static line => line.StartsWith("Exits/s: ", StringComparison.Ordinal)));
        Assert.Contains(lines, static line => line.StartsWith("VCPUs(sec):   0: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Top_OnATerminal_PutsItBack()
    {
        using GuestHost host = new();
        RunningGuest top = host.OnTerminal("$DOM top; stty -a; echo left");
        await top.SaysAsync("Sort order");
        await top.TypeAsync("q");
        await top.SaysAsync(new Regex(@"\e\[\?1049l(?s:.*) icanon(?s:.*)left"), 0);
    }

    /// <summary>Whether a line's address lies in a mapping that the process may execute, and that perf takes for nobody's file.</summary>
    private static bool IsExecutable(int process, string line)
    {
        ulong address = ulong.Parse(line.Split(' ')[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return File.ReadLines($"/proc/{process}/maps")
            .Select(static mapping => mapping.Split(' '))
            .Where(static parts => parts[1].Contains('x', StringComparison.Ordinal) && parts.Contains("/dev/zero"))
            .Select(static parts => parts[0].Split('-').Select(static end => ulong.Parse(end, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)).ToArray())
            .Any(range => address >= range[0] && address < range[1]);
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
        for (int tries = 0; tries < 20; tries++)
        {
            using JsonDocument list = JsonDocument.Parse(host.Dom("list", "--long").Output);
            if (list.RootElement[1].TryGetProperty("status", out JsonElement status))
            {
                return Allowed(process, status.GetProperty("vcpus"));
            }
        }

        throw new InvalidOperationException("The domain does not say how it is.");     // within the survey's patience
    }

    private static string[] Allowed(int process, JsonElement vcpus)
    {
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
