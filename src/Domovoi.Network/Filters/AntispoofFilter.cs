// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Domovoi.Network.Frames;

namespace Domovoi.Network.Filters;

/// <summary>Lets a guest speak only with its own addresses: source MAC, source IP, and what ARP and neighbour discovery claim.</summary>
/// <remarks>
/// Always let through: a DHCP client without an address yet (0.0.0.0), duplicate address detection and the link-local address IPv6
/// makes of the MAC or of anything else in fe80::/10, because neighbours verify those themselves. Protocols other than IPv4, IPv6
/// and ARP are dropped, since they could carry the others.
/// </remarks>
public sealed class AntispoofFilter(MacAddress station, IReadOnlyList<IPNetwork> addresses)
{
    private const byte RouterAdvertisement = 134;
    private const byte NeighbourAdvertisement = 136;
    private const byte Redirect = 137;
    private const int NeighbourTarget = 8;

    private readonly IPNetwork[] _ipv4 = [.. addresses.Where(static a => a.BaseAddress.AddressFamily == AddressFamily.InterNetwork)];
    private readonly IPNetwork[] _ipv6 = [.. addresses.Where(static a => a.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6)];

    /// <summary>Reads one word of xl's <c>ip=</c>: an address or a network with its prefix length.</summary>
    public static bool TryParseAddress(string text, out IPNetwork network)
    {
        ArgumentNullException.ThrowIfNull(text);
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (IPAddress.TryParse(slash < 0 ? text : text[..slash], out IPAddress? address))
        {
            int longest = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
            int length = longest;
            if (slash < 0 || (int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length) && length <= longest))
            {
                network = new IPNetwork(Masked(address, length), length);
                return true;
            }
        }

        network = default;
        return false;
    }

    /// <summary>Whether the guest may send this frame.</summary>
    public bool Allows(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ReadOnlySpan<byte> bytes = frame.Bytes;
        if (bytes.Length < Frame.EthernetHeader || frame.Source != station)
        {
            return false;
        }

        FrameHeaders headers = FrameHeaders.Of(bytes);
        ReadOnlySpan<byte> network = headers.Network <= bytes.Length ? bytes[headers.Network..] : default;
        return headers.Type switch
        {
            EtherType.Arp => AllowsArp(network),
            EtherType.Ipv4 => network.Length >= 20 && AllowsIpv4(network.Slice(12, 4), mayBeUnset: IsDhcp(bytes, in headers)),
            EtherType.Ipv6 => network.Length >= 40 && AllowsIpv6(bytes, network, in headers),
            _ => false,
        };
    }

    private static IPAddress Masked(IPAddress address, int length)
    {
        byte[] bytes = address.GetAddressBytes();
        for (int bit = length; bit < bytes.Length * 8; bit++)
        {
            bytes[bit >> 3] &= (byte)~(0x80 >> (bit & 7));
        }

        return new IPAddress(bytes);
    }

    private static bool IsDhcp(ReadOnlySpan<byte> frame, in FrameHeaders headers) =>
        headers.Protocol == EtherType.Udp && frame.Length - headers.Transport >= 4
        && BinaryPrimitives.ReadUInt16BigEndian(frame[headers.Transport..]) == 68
        && BinaryPrimitives.ReadUInt16BigEndian(frame[(headers.Transport + 2)..]) == 67;

    private static bool Contains(IPNetwork[] networks, ReadOnlySpan<byte> address)
    {
        Span<byte> start = stackalloc byte[16];
        foreach (IPNetwork network in networks)
        {
            network.BaseAddress.TryWriteBytes(start, out _);
            if (SharesPrefix(start, address, network.PrefixLength))
            {
                return true;
            }
        }

        return false;
    }

    private static bool SharesPrefix(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, int length)
    {
        int whole = length / 8;
        int mask = 0xFF << (8 - (length % 8));
        return left[..whole].SequenceEqual(right[..whole])
            && (length % 8 == 0 || ((left[whole] ^ right[whole]) & mask & 0xFF) == 0);
    }

    private bool AllowsIpv4(ReadOnlySpan<byte> source, bool mayBeUnset) =>
        (mayBeUnset && source.IndexOfAnyExcept((byte)0) < 0) || Contains(_ipv4, source);

    /// <summary>Only Ethernet and IPv4; the sender is the guest itself, or asks who has an address before taking it.</summary>
    private bool AllowsArp(ReadOnlySpan<byte> arp) =>
        arp.Length >= 28 && arp[..6].SequenceEqual((ReadOnlySpan<byte>)[0, 1, 8, 0, 6, 4])
        && MacAddress.Read(arp[8..]) == station && AllowsIpv4(arp.Slice(14, 4), mayBeUnset: true);

    private bool AllowsIpv6(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> ip, in FrameHeaders headers)
    {
        ReadOnlySpan<byte> source = ip.Slice(8, 16);
        bool isOwn = IsLinkLocal(source) || Contains(_ipv6, source);
        if (headers.Protocol == 0)
        {
            return isOwn && ip[6] == 44;                    // a later fragment; headers we could not follow are not let through
        }

        if (headers.Protocol != EtherType.Icmpv6)
        {
            return isOwn;
        }

        ReadOnlySpan<byte> message = frame[Math.Min(headers.Transport, frame.Length)..];
        return !message.IsEmpty && (isOwn || source.IndexOfAnyExcept((byte)0) < 0) && AllowsNeighbourMessage(message);
    }

    private bool AllowsNeighbourMessage(ReadOnlySpan<byte> message) => message[0] switch
    {
        RouterAdvertisement or Redirect => false,
        NeighbourAdvertisement => message.Length >= NeighbourTarget + 16 && ClaimsOwnStation(message)
            && (IsLinkLocal(message.Slice(NeighbourTarget, 16)) || Contains(_ipv6, message.Slice(NeighbourTarget, 16))),
        _ => true,
    };

    /// <summary>A target link-layer address option (RFC 4861, 4.6.1), if there is one, names the guest's own station.</summary>
    private bool ClaimsOwnStation(ReadOnlySpan<byte> advertisement)
    {
        ReadOnlySpan<byte> options = advertisement[(NeighbourTarget + 16)..];
        while (options.Length >= 8)
        {
            int length = options[1] * 8;
            if (length == 0 || length > options.Length)
            {
                return false;
            }

            if (options[0] == 2 && MacAddress.Read(options[2..]) != station)
            {
                return false;
            }

            options = options[length..];
        }

        return true;
    }

    private static bool IsLinkLocal(ReadOnlySpan<byte> address) => address[0] == 0xFE && (address[1] & 0xC0) == 0x80;
}
