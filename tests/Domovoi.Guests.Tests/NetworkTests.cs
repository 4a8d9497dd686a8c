// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Domovoi.Guests;

/// <summary>Linux's own network driver on networks that need nobody's rights: NAT, and switches between guests.</summary>
public sealed class NetworkTests : IDisposable
{
    internal const string Dhcp = """
        cat > /tmp/lease <<'S'
        #!/bin/sh
        [ "$1" = bound ] && { ip addr add $ip/$mask dev $interface; ip route add default via $router; echo "lease $ip via $router dns $dns"; }
        exit 0
        S
        chmod +x /tmp/lease
        ip link set eth0 up
        udhcpc -i eth0 -n -q -s /tmp/lease

        """;

    private readonly GuestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Nat_GivesAddressAndReachesTheHostIntact()
    {
        Assert.SkipUnless(HasSlirp(), "libslirp0 is not installed");
        byte[] content = RandomNumberGenerator.GetBytes(16 << 20);
        using TcpListener server = Serve(content);
        int port = ((IPEndPoint)server.LocalEndpoint).Port;
        string command = Dhcp + $"""
            ping -c 2 -W 5 10.0.2.2
            wget -q -O /tmp/got http://10.0.2.2:{port}/ && md5sum < /tmp/got
            """;
        RunningGuest guest = _host.Create(_host.ConfigureDisks(command, [], "vif = ['host-loopback=1']"));
        Assert.Equal(0, await guest.EndsAsync());
        Assert.Contains("lease 10.0.2.15 via 10.0.2.2 dns 10.0.2.3", guest.Console, StringComparison.Ordinal);
        Assert.Contains(" 0% packet loss", guest.Console, StringComparison.Ordinal);
#pragma warning disable CA5351 // Compared with what busybox prints; nothing is protected by it.
        Assert.Contains(Convert.ToHexStringLower(MD5.HashData(content)), guest.Console, StringComparison.Ordinal);
#pragma warning restore CA5351
    }

    /// <summary>The guest of <c>dom try</c> has its address when the command runs; what listens on this host's 127.0.0.1 is none of its business.</summary>
    [Fact]
    public void Try_HasANetwork_ButNotTheHostsLoopback()
    {
        Assert.SkipUnless(HasSlirp(), "libslirp0 is not installed");
        using TcpListener server = new(IPAddress.Loopback, 0);
        server.Start();
        int port = ((IPEndPoint)server.LocalEndpoint).Port;
        DomResult result = _host.Dom("try", "--", "ip -o -4 addr show eth0; cat /etc/resolv.conf; nc 10.0.2.2 " + port + " </dev/null && echo REACHED || echo REFUSED");
        Assert.Contains("inet 10.0.2.15/24", result.Output, StringComparison.Ordinal);
        Assert.Contains("nameserver 10.0.2.3", result.Output, StringComparison.Ordinal);
        Assert.Contains("REFUSED", result.Output, StringComparison.Ordinal);
        Assert.False(server.Pending());
    }

    [Fact]
    public async Task ForwardedPort_LeadsToTheGuest_AndIsSeenByListAndCapture()
    {
        Assert.SkipUnless(HasSlirp(), "libslirp0 is not installed");
        int port = SshLogin.FreePort();
        string command = Dhcp + "mkdir /tmp/www; echo hello-from-the-guest > /tmp/www/index.html; httpd -p 80 -h /tmp/www; echo SERVING; read stop";
        RunningGuest guest = _host.Create(_host.ConfigureDisks(command, [], "vif = ['mac=00:16:3e:00:00:07']"), "-p", $"{port}:80");
        await guest.SaysAsync("SERVING");
        string capture = _host.InFolder("guest.pcap");
        RunningGuest dump = _host.OnTerminal($"$DOM tcpdump guest -c 6 -w {capture}");
        await dump.SaysAsync("capturing vif 0");
        using HttpClient client = new() { Timeout = TimeSpan.FromSeconds(60) };
        Assert.Equal("hello-from-the-guest\n", await client.GetStringAsync(
            new Uri($"http://127.0.0.1:{port}/"), TestContext.Current.CancellationToken));
        await dump.SaysAsync("6 frames captured");
        Assert.Equal(0xA1B2_3C4D, BitConverter.ToUInt32(File.ReadAllBytes(capture)));
        string[] list = _host.Dom("network-list", "--stats", "guest").Output.Split('\n');
        Assert.Equal("Idx BE Mac Addr.         handle state evt-ch   tx-/rx-ring-ref BE-path", list[0]);
        Assert.Matches(@"^0   0  00:16:3e:00:00:07      0     4 +\d+ +\d+/\d+ +/local/domain/0/backend/vif/1/0", list[1]);
        Assert.Matches(@"nat: tx-frames \d+, tx-bytes \d+, rx-frames [1-9]", list[2]);
        await guest.TypeAsync("");
        Assert.Equal(0, await guest.EndsAsync());
    }

    /// <summary>A router has the whole bundle, a host one VLAN of it; the router is killed, and another takes its place.</summary>
    [Fact]
    public async Task Switch_CarriesABundleOfVlansIntoOneGuest_AndOneOfThemIntoAnother()
    {
        const string router = """
            echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore      # or Linux answers for its address in one VLAN in every other
            ip link set eth0 up; ip addr add 10.10.0.1/24 dev eth0
            ip link add link eth0 name eth0.20 type vlan id 20 && ip link set eth0.20 up && ip addr add 10.20.0.1/24 dev eth0.20
            echo ROUTING; read stop
            """;
        const string leaf = """
            ip link set eth0 up; ip addr add 10.20.0.2/24 dev eth0; ip addr add 10.10.0.2/24 dev eth0
            echo UP
            while read word; do
              ping -q -c 1 -W 2 10.20.0.1 >/dev/null && echo own-vlan-yes-$word || echo own-vlan-no-$word
              arping -q -c 1 -w 2 -I eth0 10.10.0.1 >/dev/null && echo other-vlan-yes-$word || echo other-vlan-no-$word
            done
            """;
        string routerFile = _host.ConfigureDisks(router, [], "vif = ['bridge=switch:lab,vlan=10p/20']", "router");
        RunningGuest first = _host.Create(routerFile);
        RunningGuest guest = _host.Create(_host.ConfigureDisks(leaf, [], "vif = ['bridge=switch:lab,vlan=20']", "leaf"));
        await first.SaysAsync("ROUTING");
        await guest.SaysAsync("UP");
        await guest.TypeAsync("a");
        await guest.SaysAsync("own-vlan-yes-a");
        await guest.SaysAsync("other-vlan-no-a");
        Kill("router");
        await first.EndsAsync();
        await guest.TypeAsync("b");
        await guest.SaysAsync("own-vlan-no-b");
        RunningGuest second = _host.Create(routerFile);
        await second.SaysAsync("ROUTING");
        await guest.TypeAsync("c");
        await guest.SaysAsync("own-vlan-yes-c");
    }

    [Fact]
    public async Task Vif_ComesAndGoesWhileTheGuestRuns()
    {
        const string command = "while read word; do ls /sys/class/net | tr '\\n' ' '; echo now-$word; done";
        RunningGuest guest = _host.Create(_host.ConfigureDisks("echo READY; " + command, [], "vif = []"));
        await guest.SaysAsync("READY");
        Assert.Equal(0, _host.Dom("network-attach", "guest", "bridge=switch:lab", "mac=00:16:3e:00:00:09").ExitCode);
        await Until(guest, "a", "eth0");
        Assert.Equal(0, _host.Dom("network-detach", "guest", "00:16:3e:00:00:09").ExitCode);
        await Until(guest, "z", "eth0", isThere: false);            // Linux takes it away once its nodes are gone
        _host.Dom("network-detach", "guest", "5").IsOneClearError("5: the domain has no such vif");
    }

    private void Kill(string name)
    {
        string line = _host.Dom("info", name).Output.Split('\n').First(static l => l.StartsWith("process ", StringComparison.Ordinal));
        Process.GetProcessById(int.Parse(line.Split(':')[1], CultureInfo.InvariantCulture)).Kill();
    }

    private static async Task Until(RunningGuest guest, string word, string interfaceName, bool isThere = true)
    {
        for (int i = 0; i < 40; i++)
        {
            await guest.TypeAsync($"{word}{i}");
            if ((await guest.SaysAsync(new Regex($"\\n(.*)now-{word}{i}\\b"), 0)).Value.Contains(interfaceName, StringComparison.Ordinal) == isThere)
            {
                return;
            }

            await Task.Delay(250);
        }

        Assert.Fail($"{interfaceName} did not {(isThere ? "come" : "go")}.");
    }

    internal static bool HasSlirp() => File.Exists("/usr/lib/x86_64-linux-gnu/libslirp.so.0") || File.Exists("/lib/x86_64-linux-gnu/libslirp.so.0");

    /// <summary>Answers each HTTP request on a port of 127.0.0.1 with <paramref name="content"/>, until it is disposed.</summary>
    internal static TcpListener Serve(byte[] content)
    {
        TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        _ = Task.Run(async () =>
        {
            while (true)
            {
                _ = AnswerAsync(await listener.AcceptTcpClientAsync(), content);
            }
        });
        return listener;
    }

    private static async Task AnswerAsync(TcpClient client, byte[] content)
    {
        using (client)
        {
            NetworkStream stream = client.GetStream();
            _ = await stream.ReadAsync(new byte[4096]);
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.0 200 OK\r\nContent-Length: {content.Length}\r\n\r\n"));
            await stream.WriteAsync(content);
        }
    }
}
