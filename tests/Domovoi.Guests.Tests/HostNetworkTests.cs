// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace Domovoi.Guests;

/// <summary>Bridges and uplinks of the host's kernel, in network namespaces: one is the host, one the world outside. Root only.</summary>
public sealed class HostNetworkTests : IDisposable
{
    private readonly GuestHost _host = new();
    private readonly string _inside = $"d-in-{Guid.NewGuid():N}"[..12];
    private readonly string _outside = $"d-out-{Guid.NewGuid():N}"[..12];

    public void Dispose()
    {
        _host.Dispose();
        Sh($"ip netns del {_inside}; ip netns del {_outside}");
    }

    /// <summary>xend's settings make the bridge; a guest speaks through it, but under its own address only; the host gets all back.</summary>
    [Fact]
    public async Task Bridge_OfXendsSettings_CarriesAGuest_AndIsTakenBack()
    {
        Prepare();
        string settings = _host.InFolder("xend-config.sxp");
        await File.WriteAllTextAsync(settings, "(network-script 'network-bridge,netdev=eth1')\n(vif-script vif-bridge)\n", TestContext.Current.CancellationToken);
        string before = Sh($"ip -n {_inside} -4 -o addr show eth1; ip -n {_inside} route");
        const string command = """
            ip link set eth0 up; ip addr add 10.77.0.9/24 dev eth0; sleep 1
            ping -q -c 2 -W 5 10.77.0.254; ping -q -c 2 -W 5 10.77.0.1
            ip addr add 10.77.0.66/24 dev eth0; ping -q -c 1 -W 2 -I 10.77.0.66 10.77.0.254 | sed 's/^/spoofed /'
            """;
        string guest = _host.ConfigureDisks(command, [], "vif = ['ip=10.77.0.9']");
        RunningGuest all = _host.OnTerminal($"""
            in="ip netns exec {_inside} $DOM"
            $in network start --network-config {settings} && $in network start --network-config {settings}
            ip -n {_inside} -o addr show xenbr1 | sed 's/^/bridge /'; ip -n {_inside} route | sed 's/^/bridge /'
            $in create -c --network-config {settings} {guest}
            $in network stop && $in network stop; echo FINISHED
            """);
        await all.SaysAsync("FINISHED");
        Assert.Contains("inet 10.77.0.1/24", all.Console, StringComparison.Ordinal);
        Assert.Contains("bridge default via 10.77.0.254 dev xenbr1", all.Console, StringComparison.Ordinal);
        Assert.Equal(2, all.Console.Split("2 packets transmitted, 2 packets received").Length - 1);
        Assert.Contains("spoofed 1 packets transmitted, 0 packets received", all.Console, StringComparison.Ordinal);
        Assert.Contains("nothing to do; the host's network has not been changed", all.Console, StringComparison.Ordinal);
        Assert.Equal(before, Sh($"ip -n {_inside} -4 -o addr show eth1; ip -n {_inside} route"));
        Assert.DoesNotContain("xenbr1", Sh($"ip -n {_inside} -o link"), StringComparison.Ordinal);
    }

    /// <summary>A bundle of VLANs comes over a wire: one host carries it whole into a guest, the other splits it.</summary>
    [Fact]
    public async Task Uplink_CarriesTaggedFrames_BetweenABundleAndASplit()
    {
        Prepare();
        const string bundle = """
            ip link set eth0 up; ip addr add 10.10.0.1/24 dev eth0
            ip link add link eth0 name eth0.20 type vlan id 20; ip link set eth0.20 up; ip addr add 10.20.0.1/24 dev eth0.20
            echo ROUTING; read stop
            """;
        const string split = "ip link set eth0 up; ip addr add 10.20.0.2/24 dev eth0; sleep 1; ping -q -c 2 -W 5 10.20.0.1";
        string router = _host.ConfigureDisks(bundle, [], "vif = ['bridge=uplink:out,vlan=10p/20']", "router");
        string leaf = _host.ConfigureDisks(split, [], "vif = ['bridge=br20,vlan=20']", "leaf");
        Sh($"ip -n {_inside} link add br20 type bridge; ip -n {_inside} link set br20 up; ip -n {_inside} addr flush dev eth1; ip -n {_inside} link set eth1 master br20");
        RunningGuest first = _host.OnTerminal($"ip netns exec {_outside} $DOM create -c {router}");
        await first.SaysAsync("ROUTING");
        RunningGuest second = _host.OnTerminal($"ip netns exec {_inside} $DOM create -c {leaf}");
        await second.SaysAsync("2 packets transmitted, 2 packets received");
    }

    private void Prepare()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/dev/net/tun"), "network namespaces and TAP devices need root and /dev/net/tun");
        Assert.SkipUnless(Sh($"ip netns add {_inside} && ip netns add {_outside} && echo made").Contains("made", StringComparison.Ordinal), "no network namespaces here");
        Sh($"""
            ip link add eth1 netns {_inside} type veth peer name out netns {_outside}
            ip -n {_inside} addr add 10.77.0.1/24 dev eth1; ip -n {_inside} link set eth1 up; ip -n {_inside} link set lo up
            ip -n {_outside} addr add 10.77.0.254/24 dev out; ip -n {_outside} link set out up
            ip -n {_inside} route add default via 10.77.0.254
            """);
    }

    private static string Sh(string script)
    {
        using Process process = Process.Start(new ProcessStartInfo("sh", ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _ = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
