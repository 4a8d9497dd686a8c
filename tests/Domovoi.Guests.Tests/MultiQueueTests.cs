// SPDX-License-Identifier: MIT
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Domovoi.Guests;

/// <summary>A guest of two vCPUs takes two queues of a disk and of a vif, and both carry what they should.</summary>
public sealed class MultiQueueTests : IDisposable
{
    private readonly GuestHost _host = new();

    public void Dispose() => _host.Dispose();

    /// <summary>Each vCPU writes by its own queue, at the same time; each reads back what the other wrote.</summary>
    [Fact]
    public async Task Disk_OfATwoVcpuGuest_IsServedThroughTwoQueues()
    {
        const string command = """
            echo "queues $(ls /sys/block/xvda/mq | wc -l)"
            for cpu in 0 1; do head -c 8388608 /dev/urandom > /tmp/r$cpu; done
            for cpu in 0 1; do taskset -c $cpu dd if=/tmp/r$cpu of=/dev/xvda bs=64k seek=$((cpu * 256)) oflag=direct 2>/dev/null & done; wait
            for cpu in 0 1; do
              taskset -c $((1 - cpu)) dd if=/dev/xvda of=/tmp/b$cpu bs=64k skip=$((cpu * 256)) count=128 iflag=direct 2>/dev/null &
            done; wait
            cmp /tmp/r0 /tmp/b0 && cmp /tmp/r1 /tmp/b1 && echo same
            awk '/blkif/ { if ($2 + $3 > 20) busy++ } END { print "busy " busy }' /proc/interrupts; read stop
            """;
        RunningGuest guest = _host.Create(_host.ConfigureDisks(command, [$"{_host.Image("a.img", 64)},raw,xvda,w"], "vcpus = 2"));
        await guest.SaysAsync("busy ");
        Assert.Matches(@"51712 0   \d+ +4 +\d+ +\d+ +/local/domain/0/backend/vbd/\d+/51712", _host.Dom("block-list", "guest").Output);
        await guest.TypeAsync("");
        Assert.Equal(0, await guest.EndsAsync());
        Assert.All(["queues 2", "same", "busy 2"], word => Assert.Contains(word, guest.Console, StringComparison.Ordinal));
    }

    /// <summary>Sixteen streams at a time, spread over the queues by their addresses and ports, in both directions.</summary>
    [Fact]
    public async Task Nic_OfATwoVcpuGuest_IsServedThroughTwoQueues()
    {
        Assert.SkipUnless(NetworkTests.HasSlirp(), "libslirp0 is not installed");
        byte[] content = RandomNumberGenerator.GetBytes(1 << 20);
        using TcpListener server = NetworkTests.Serve(content);
        string command = NetworkTests.Dhcp + $$"""
            echo "queues $(ls -d /sys/class/net/eth0/queues/* | wc -l)"
            for i in $(seq 16); do wget -q -O /tmp/$i http://10.0.2.2:{{((IPEndPoint)server.LocalEndpoint).Port}}/ & done; wait
            for i in $(seq 16); do md5sum < /tmp/$i; done | sort | uniq -c | sed 's/^ */streams /'
            awk '/vif0-q[01]-[rt]x/ { if ($2 + $3 > 0) busy++ } END { print "busy " busy }' /proc/interrupts
            """;
        RunningGuest guest = _host.Create(_host.ConfigureDisks(command, [], "vcpus = 2\nvif = ['host-loopback=1']"));
        Assert.Equal(0, await guest.EndsAsync());
#pragma warning disable CA5351 // Compared with what busybox prints; nothing is protected by it.
        string all = $"streams 16 {Convert.ToHexStringLower(MD5.HashData(content))}";
#pragma warning restore CA5351
        Assert.All(["queues 4", all, "busy 4"], word => Assert.Contains(word, guest.Console, StringComparison.Ordinal));
    }
}
