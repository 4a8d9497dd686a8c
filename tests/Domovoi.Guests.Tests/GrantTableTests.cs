// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Domovoi.Guests;

/// <summary>Linux told to use grants of version 2: its disk and its vif go through them.</summary>
public sealed partial class GrantTableTests : IDisposable
{
    private readonly GuestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task DiskAndVif_OverGrantsOfVersion2_CarryWhatTheyAreGiven()
    {
        Assert.SkipUnless(NetworkTests.HasSlirp(), "libslirp0 is not installed");
        byte[] content = RandomNumberGenerator.GetBytes(8 << 20);
        using TcpListener server = NetworkTests.Serve(content);
        int port = ((IPEndPoint)server.LocalEndpoint).Port;
        string image = _host.Image("a.img", 32);
        string configuration = _host.ConfigureDisks(
            "dmesg | grep -i 'grant tables using'\n" + NetworkTests.Dhcp + string.Create(CultureInfo.InvariantCulture, $"""
            wget -q -O /tmp/got http://10.0.2.2:{port}/
            dd if=/tmp/got of=/dev/xvda bs=64k conv=fsync 2>/dev/null
            echo 3 >/proc/sys/vm/drop_caches
            echo "sums $(sha256sum </tmp/got | cut -c1-64) $(head -c {content.Length} /dev/xvda | sha256sum | cut -c1-64) end"
            """),
            [$"{image},raw,xvda,w"], "vif = ['host-loopback=1']");
        File.WriteAllText(configuration, File.ReadAllText(configuration).Replace("quiet", "grant_table.version=2", StringComparison.Ordinal));
        RunningGuest guest = _host.Create(configuration);

        Match sums = await guest.SaysAsync(Sums(), from: 0);
        Assert.Equal(0, await guest.EndsAsync());
        Assert.Contains("Grant tables using version 2 layout", guest.Console, StringComparison.Ordinal);
        string expected = Convert.ToHexStringLower(SHA256.HashData(content));
        Assert.Equal((expected, expected), (sums.Groups[1].Value, sums.Groups[2].Value));
        using FileStream file = File.OpenRead(image);
        byte[] written = new byte[content.Length];
        file.ReadExactly(written);
        Assert.Equal(content, written);
    }

    [GeneratedRegex("sums ([0-9a-f]{64}) ([0-9a-f]{64}) end")]
    private static partial Regex Sums();
}
