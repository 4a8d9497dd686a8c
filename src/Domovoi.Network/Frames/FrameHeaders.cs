// SPDX-License-Identifier: MIT
using System.Buffers.Binary;

namespace Domovoi.Network.Frames;

/// <summary>Where the headers of a frame lie, found once from a private copy; nothing in it is trusted.</summary>
/// <param name="Type">Ethernet type behind any tags; 0 when the frame is too short.</param>
/// <param name="Network">Where the IP or ARP header begins.</param>
/// <param name="Protocol">IP's protocol behind extension headers; 0 when there is none to be found, also in later fragments.</param>
/// <param name="Transport">Where TCP, UDP or ICMP begins; 0 when <paramref name="Protocol"/> is 0.</param>
internal readonly record struct FrameHeaders(ushort Type, int Network, byte Protocol, int Transport)
{
    /// <summary>More than any sender uses; the guest chooses how many there are.</summary>
    private const int MostExtensions = 8;

    private const int MostTags = 2;

    internal static FrameHeaders Of(ReadOnlySpan<byte> frame)
    {
        int at = 2 * MacAddress.Size;
        for (int tags = 0; frame.Length - at >= 2; tags++)
        {
            ushort type = BinaryPrimitives.ReadUInt16BigEndian(frame[at..]);
            if (type is not (EtherType.Vlan or EtherType.ServiceVlan) || tags == MostTags)
            {
                return OfPayload(frame, type, at + 2);
            }

            at += Frame.VlanTag;
        }

        return default;
    }

    private static FrameHeaders OfPayload(ReadOnlySpan<byte> frame, ushort type, int network) => type switch
    {
        EtherType.Ipv4 => OfIpv4(frame, network),
        EtherType.Ipv6 => OfIpv6(frame, network),
        _ => new FrameHeaders(type, network, 0, 0),
    };

    private static FrameHeaders OfIpv4(ReadOnlySpan<byte> frame, int network)
    {
        FrameHeaders unknown = new(EtherType.Ipv4, network, 0, 0);
        if (frame.Length - network < 20)
        {
            return unknown;
        }

        ReadOnlySpan<byte> header = frame[network..];
        int length = (header[0] & 0xF) * 4;
        bool laterFragment = (BinaryPrimitives.ReadUInt16BigEndian(header[6..]) & 0x1FFF) != 0;
        return header[0] >> 4 != 4 || length < 20 || header.Length < length || laterFragment
            ? unknown
            : unknown with { Protocol = header[9], Transport = network + length };
    }

    private static FrameHeaders OfIpv6(ReadOnlySpan<byte> frame, int network)
    {
        FrameHeaders unknown = new(EtherType.Ipv6, network, 0, 0);
        if (frame.Length - network < 40 || frame[network] >> 4 != 6)
        {
            return unknown;
        }

        byte next = frame[network + 6];
        int at = network + 40;
        for (int count = 0; count < MostExtensions; count++)
        {
            if (next is not (0 or 43 or 44 or 60))
            {
                return unknown with { Protocol = next, Transport = at };
            }

            if (frame.Length - at < 8 || (next == 44 && (BinaryPrimitives.ReadUInt16BigEndian(frame[(at + 2)..]) & 0xFFF8) != 0))
            {
                return unknown;
            }

            int length = next == 44 ? 8 : (frame[at + 1] + 1) * 8;
            next = frame[at];
            at += length;
        }

        return unknown;
    }
}
