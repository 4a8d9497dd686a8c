// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace Domovoi.Guests;

/// <summary>Bridges and uplinks of the host's kernel, in network namespaces: one is the host, one the world outside. Root only.</summary>
public sealed class HostNetworkTests : IDisposable
{
    private const string NothingsSum = "d41d8cd98f00b204e9800998ecf8427e";

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
            echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_dad; ip -6 addr add fd77::66/64 dev eth0; sleep 1
            ping -6 -q -c 1 -W 2 fd77::1 | sed 's/^/spoofed-six /'; ping -6 -q -c 2 -W 5 fe80::1%eth0 | sed 's/^/local-six /'
            ip link set eth0 down; ip link set eth0 address 02:00:00:00:00:09; ip link set eth0 up; sleep 1
            ping -q -c 1 -W 2 -I 10.77.0.9 10.77.0.1 | sed 's/^/spoofed-station /'
            """;
        string guest = _host.ConfigureDisks(command, [], "vif = ['ip=10.77.0.9']");
        RunningGuest all = _host.OnTerminal($"""
            in="ip netns exec {_inside} $DOM"
            $in network start --network-config {settings} && $in network start --network-config {settings}
            ip -n {_inside} addr add fd77::1/64 dev xenbr1 nodad; ip -n {_inside} addr add fe80::1/64 dev xenbr1 nodad
            ip -n {_inside} -o addr show xenbr1 | sed 's/^/bridge /'; ip -n {_inside} route | sed 's/^/bridge /'
            $in create -c --network-config {settings} {guest}
            $in network stop && $in network stop; echo FINISHED
            """);
        await all.SaysAsync("FINISHED");
        Assert.Contains("inet 10.77.0.1/24", all.Console, StringComparison.Ordinal);
        Assert.Contains("bridge default via 10.77.0.254 dev xenbr1", all.Console, StringComparison.Ordinal);
        Assert.Equal(3, all.Console.Split("2 packets transmitted, 2 packets received").Length - 1);
        Assert.All(["spoofed", "spoofed-six", "spoofed-station"], what => Assert.Contains($"{what} 1 packets transmitted, 0 packets received", all.Console, StringComparison.Ordinal));
        Assert.Contains("local-six 2 packets transmitted, 2 packets received", all.Console, StringComparison.Ordinal);
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

    /// <summary>A bridge that filters VLANs: each vif's port carries its own, and the uplink all of them.</summary>
    [Fact]
    public async Task Bridge_ThatFiltersVlans_IsTold()
    {
        Prepare();
        string made = Sh($"ip -n {_inside} link add br0 type bridge vlan_filtering 1 && bridge -n {_inside} vlan show && echo made");
        Assert.SkipUnless(made.Contains("made", StringComparison.Ordinal), "this kernel's bridges filter no VLANs");
        Sh($"""
            ip -n {_inside} link set br0 up; ip -n {_inside} addr flush dev eth1
            ip -n {_inside} link set eth1 master br0; bridge -n {_inside} vlan add dev eth1 vid 20
            ip -n {_outside} link add link out name out20 type vlan id 20; ip -n {_outside} addr add 10.20.0.1/24 dev out20; ip -n {_outside} link set out20 up
            """);
        const string command = """
            ip link set eth0 up; ip addr add 10.20.0.2/24 dev eth0; sleep 1; ping -q -c 2 -W 5 10.20.0.1
            ip addr add 10.77.0.9/24 dev eth0; ping -q -c 1 -W 2 10.77.0.254 | sed 's/^/untagged /'; echo DONE; read stop
            """;
        RunningGuest guest = _host.OnTerminal($"ip netns exec {_inside} $DOM create -c {_host.ConfigureDisks(command, [], "vif = ['bridge=br0,vlan=20,vifname=web0']")}");
        await guest.SaysAsync("DONE");
        Assert.Contains("2 packets transmitted, 2 packets received", guest.Console, StringComparison.Ordinal);
        Assert.Contains("untagged 1 packets transmitted, 0 packets received", guest.Console, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^web0\s.*\b20\b", Sh($"bridge -n {_inside} -compressvlans vlan show dev web0 | tr '\\n' ' '"));
    }

    /// <summary>Without a bridge: the host routes to the guest, and answers ARP for the world outside.</summary>
    [Fact]
    public async Task VifRoute_RoutesToTheGuestsAddress_AndTakesTheRouteBack()
    {
        Prepare();
        Sh($"ip netns exec {_inside} sysctl -q -w net.ipv4.ip_forward=1; ip -n {_outside} route add 10.99.0.5/32 via 10.77.0.1");
        const string command = """
            ip link set eth0 up; ip addr add 10.99.0.5/32 dev eth0; ip route add default dev eth0; sleep 1
            ping -q -c 2 -W 5 10.77.0.1; ping -q -c 2 -W 5 10.77.0.254; echo DONE; read stop
            """;
        RunningGuest guest = _host.OnTerminal(
            $"ip netns exec {_inside} $DOM create -c {_host.ConfigureDisks(command, [], "vif = ['script=vif-route,ip=10.99.0.5,gatewaydev=eth1,vifname=web0']")}");
        await guest.SaysAsync("DONE");
        Assert.Equal(2, guest.Console.Split("2 packets transmitted, 2 packets received").Length - 1);
        Assert.Contains("10.99.0.5 dev web0 scope link src 10.77.0.1", Sh($"ip -n {_inside} route"), StringComparison.Ordinal);
        await guest.TypeAsync("");
        await guest.EndsAsync();
        Assert.DoesNotContain("10.99.0.5", Sh($"ip -n {_inside} route"), StringComparison.Ordinal);
    }

    /// <summary>The host's end has a carrier while a driver in the guest is connected; the driver may go and come back.</summary>
    [Fact]
    public async Task Carrier_FollowsTheGuestsDriver()
    {
        Prepare();
        Sh($"ip -n {_inside} link add br0 type bridge; ip -n {_inside} addr add 10.66.0.1/24 dev br0; ip -n {_inside} link set br0 up");
        const string command = """
            up() { while [ ! -d /sys/class/net/eth0 ]; do sleep 0.1; done; ip link set eth0 up; ip addr add 10.66.0.9/24 dev eth0; sleep 1; ping -q -c 2 -W 5 10.66.0.1 | sed "s/^/$1 /"; }
            up first; read a; echo vif-0 > /sys/bus/xen/drivers/vif/unbind; echo gone; read b; echo vif-0 > /sys/bus/xen/drivers/vif/bind; up second; read c
            """;
        RunningGuest guest = _host.OnTerminal($"ip netns exec {_inside} $DOM create -c {_host.ConfigureDisks(command, [], "vif = ['bridge=br0,vifname=web0']")}");
        foreach ((string said, string carrier) in ((string, string)[])[("first 2 packets transmitted, 2 packets received", "1"), ("\ngone", "0"), ("second 2 packets transmitted, 2 packets received", "1")])
        {
            await guest.SaysAsync(said);
            Assert.Equal(carrier, Sh($"ip netns exec {_inside} cat /sys/class/net/web0/carrier").Trim());
            await guest.TypeAsync("");
        }

        await guest.EndsAsync();
    }

    /// <summary>A script as Xen's administrators write them: with its environment, xenstore, and a word when the vif goes; or a clear error.</summary>
    [Fact]
    public async Task Script_OfTheAdministrator_PlugsTheVifIn_AndUnplugsIt()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/xenstore-read"), "xenstore-utils is not installed");
        Prepare();
        string script = _host.InFolder("my-script");
        await File.WriteAllTextAsync(
            script,
            """
            #!/bin/sh
            bridge=$(xenstore-read "$XENBUS_PATH/bridge")
            echo "$1 $2 $XENBUS_TYPE $vif $bridge $(xenstore-read "$XENBUS_PATH/hotplug-status" 2>/dev/null)" >> "$0.log"
            [ "$1" = online ] || exit 0
            ip link set "$vif" master "$bridge" || { echo "cannot plug $vif in"; exit 4; }
            ip link set "$vif" up && xenstore-write "$XENBUS_PATH/hotplug-status" connected
            """,
            TestContext.Current.CancellationToken);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Sh($"ip -n {_inside} link add br0 type bridge; ip -n {_inside} link set br0 up; ip -n {_inside} addr flush dev eth1; ip -n {_inside} link set eth1 master br0");
        const string command = "ip link set eth0 up; ip addr add 10.77.0.9/24 dev eth0; sleep 1; ping -q -c 2 -W 5 10.77.0.254";
        string wrong = _host.ConfigureDisks(command, [], $"vif = ['bridge=br9,vifname=web1,script={script}']", "wrong");
        string right = _host.ConfigureDisks(command, [], $"vif = ['bridge=br0,vifname=web0,script={script}']");
        RunningGuest all = _host.OnTerminal($"in='ip netns exec {_inside} $DOM'; eval $in create {wrong}; eval $in create -c {right}; echo FINISHED");
        await all.SaysAsync("FINISHED");
        Assert.Contains("2 packets transmitted, 2 packets received", all.Console, StringComparison.Ordinal);
        Assert.Contains("my-script online ended with exit code 4", all.Console, StringComparison.Ordinal);
        Assert.Contains("cannot plug web1 in", all.Console, StringComparison.Ordinal);
        Assert.Equal(
            ["online type_if=vif vif web1 br9", "online type_if=vif vif web0 br0", "offline type_if=vif vif web0 br0 connected"],
            (await File.ReadAllLinesAsync($"{script}.log", TestContext.Current.CancellationToken)).Select(static line => line.Trim()));
    }

    /// <summary>Open vSwitch with its datapath in user space: a guest in one VLAN of it, and the port gone with the guest.</summary>
    [Fact]
    public async Task OpenVswitch_CarriesAGuestInItsVlan()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/ovs-vsctl") && File.Exists("/usr/sbin/ovs-vswitchd"), "openvswitch-switch is not installed");
        Prepare();
        string folder = _host.InFolder("ovs");
        Directory.CreateDirectory(folder);
        string ovs = $"export OVS_RUNDIR={folder} OVS_LOGDIR={folder}; cd {folder}; ip netns exec {_inside}";
        Sh($"""
            {ovs} ovsdb-tool create {folder}/conf.db /usr/share/openvswitch/vswitch.ovsschema
            {ovs} ovsdb-server {folder}/conf.db --remote=punix:{folder}/db.sock --pidfile --detach
            {ovs} ovs-vsctl --no-wait init; {ovs} ovs-vswitchd --pidfile --detach unix:{folder}/db.sock
            {ovs} ovs-vsctl --timeout=10 add-br ob0 -- set bridge ob0 datapath_type=netdev -- add-port ob0 tap20 tag=20 -- set interface tap20 type=internal
            ip -n {_inside} addr add 10.20.0.1/24 dev tap20; ip -n {_inside} link set tap20 up
            """);
        try
        {
            Assert.SkipUnless(Sh($"ip -n {_inside} link show tap20").Contains("UP", StringComparison.Ordinal), "Open vSwitch does not run here");
            RunningGuest server = _host.OnTerminal($"ip netns exec {_inside} {GuestHost.Debian.Busybox} httpd -f -p 80 -h {Path.GetDirectoryName(GuestHost.Debian.Busybox)}");
            const string command = "ip link set eth0 up; ip addr add 10.20.0.2/24 dev eth0; sleep 1; ping -q -c 2 -W 5 10.20.0.1; wget -q -O - http://10.20.0.1/busybox | md5sum";
            RunningGuest guest = _host.OnTerminal($"{ovs} $DOM create -c {_host.ConfigureDisks(command, [], "vif = ['bridge=ob0.20,vifname=web0,script=vif-openvswitch']")}; echo FINISHED");
            await guest.SaysAsync("FINISHED");
            Assert.Contains("2 packets transmitted, 2 packets received", guest.Console, StringComparison.Ordinal);
            Assert.Contains(Sh($"md5sum < {GuestHost.Debian.Busybox}")[..32], guest.Console, StringComparison.Ordinal);
            Assert.Equal("tap20\n", Sh($"{ovs} ovs-vsctl list-ports ob0"));
            GC.KeepAlive(server);
        }
        finally
        {
            Sh($"kill $(cat {folder}/*.pid)");
        }
    }

    /// <summary>Real streams both ways over both protocols, with what the hardware would do left undone on the ring; and the rate held.</summary>
    [Fact]
    public async Task Streams_OfBothProtocols_GoInLongFrames_ArriveIntact_AndKeepToTheRate()
    {
        Prepare();
        string served = _host.InFolder("served");
        Directory.CreateDirectory(served);
        Sh($"""
            head -c 8000000 /dev/urandom > {served}/file; ip -n {_outside} addr add fd77::254/64 dev out nodad
            ip -n {_inside} link add br0 type bridge; ip -n {_inside} link set br0 up; ip -n {_inside} addr flush dev eth1; ip -n {_inside} link set eth1 master br0
            """);
        const string command = """
            echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_dad
            ip link set eth0 up; ip addr add 10.77.0.9/24 dev eth0; ip -6 addr add fd77::9/64 dev eth0; sleep 2
            wget -q -O /tmp/4 http://10.77.0.254/file; wget -q -O /tmp/6 'http://[fd77::254]/file'; md5sum /tmp/4 /tmp/6; read go
            nc -l -p 7 < /tmp/4; nc -l -p 7 < /tmp/6; echo DONE; read stop
            """;
        RunningGuest server = _host.OnTerminal($"ip netns exec {_outside} {GuestHost.Debian.Busybox} httpd -f -p 80 -h {served}");
        RunningGuest guest = _host.OnTerminal($"ip netns exec {_inside} $DOM create -c {_host.ConfigureDisks(command, [], "vif = ['bridge=br0,rate=5MB/s']")}");
        string sum = Sh($"md5sum < {served}/file")[..32];
        await guest.SaysAsync($"{sum}  /tmp/4");
        await guest.SaysAsync($"{sum}  /tmp/6");
        RunningGuest dump = _host.OnTerminal($"$DOM tcpdump guest -s 96 -w {_host.InFolder("out.pcap")}");
        await dump.SaysAsync("capturing vif 0");
        await guest.TypeAsync("");
        Stopwatch clock = Stopwatch.StartNew();
        Assert.Equal(sum, await FetchAsync("10.77.0.9"));
        Assert.Equal(sum, await FetchAsync("fd77::9"));
        Assert.InRange(clock.Elapsed.TotalSeconds, 2.6, 60);    // 16 MB at 5 MB/s, less what may burst at the start
        await guest.SaysAsync("DONE");
        await dump.TypeAsync("\x03");
        await dump.SaysAsync("frames captured");
        await dump.EndsAsync();
        AssertLongFrames(File.ReadAllBytes(_host.InFolder("out.pcap")));
        GC.KeepAlive(server);
    }

    /// <remarks>An end of input makes busybox's nc hang up, at both ends; the pipe never has one.</remarks>
    private async Task<string> FetchAsync(string address)
    {
        string open = _host.InFolder("open");
        Sh($"mkfifo {open}");
        for (int i = 0; i < 50; i++)
        {
            string sum = Sh($"ip netns exec {_outside} timeout 60 {GuestHost.Debian.Busybox} nc {address} 7 0<>{open} | md5sum")[..32];
            if (sum != NothingsSum)
            {
                return sum;
            }

            await Task.Delay(200);                          // the guest listens again a little later
        }

        return NothingsSum;
    }

    /// <summary>In a capture at the guest's port: TCP of both protocols, sent in frames longer than the wire's.</summary>
    private static void AssertLongFrames(ReadOnlySpan<byte> capture)
    {
        HashSet<int> types = [];
        for (int at = 24; at + 16 < capture.Length;)
        {
            int kept = BitConverter.ToInt32(capture[(at + 8)..]);
            int length = BitConverter.ToInt32(capture[(at + 12)..]);
            if (length > 4000)
            {
                types.Add((capture[at + 16 + 12] << 8) | capture[at + 16 + 13]);
            }

            at += 16 + kept;
        }

        Assert.Equal([0x0800, 0x86DD], types.Order());
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
