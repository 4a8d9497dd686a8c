// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Net;

namespace Domovoi.Network.Endpoints;

/// <summary>A port of the host that leads into a guest behind NAT: <c>-p 2222:22</c>.</summary>
/// <param name="IsUdp">TCP otherwise.</param>
/// <param name="HostAddress">127.0.0.1 unless said otherwise: a guest's port is not opened to the world by accident.</param>
/// <param name="HostPort">Where the host listens.</param>
/// <param name="GuestPort">Where the guest does.</param>
public sealed record PortForward(bool IsUdp, IPAddress HostAddress, int HostPort, int GuestPort)
{
    /// <summary>Reads <c>[tcp:|udp:][ADDRESS:]HOSTPORT:GUESTPORT[/tcp|/udp]</c>.</summary>
    public static bool TryParse(string text, out PortForward forward)
    {
        ArgumentNullException.ThrowIfNull(text);
        forward = new PortForward(false, IPAddress.Loopback, 0, 0);
        List<string> words = [.. text.Split(':')];
        string? protocol = null;
        if (words[0] is "tcp" or "udp")
        {
            protocol = words[0];
            words.RemoveAt(0);
        }

        if (words is [.., var last] && last.Split('/') is [var port, "tcp" or "udp"] && protocol is null)
        {
            protocol = last[(port.Length + 1)..];
            words[^1] = port;
        }

        if (words.Count is < 2 or > 3 || !TryReadPort(words[^2], out int host) || !TryReadPort(words[^1], out int guest))
        {
            return false;
        }

        IPAddress? address = IPAddress.Loopback;
        if (words.Count == 3 && (words[0].Count(static c => c == '.') != 3 || !IPAddress.TryParse(words[0], out address)))
        {
            return false;
        }

        forward = new PortForward(protocol == "udp", address!, host, guest);
        return true;
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{(IsUdp ? "udp" : "tcp")}:{HostAddress}:{HostPort}:{GuestPort}");

    private static bool TryReadPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= 65535;
}
