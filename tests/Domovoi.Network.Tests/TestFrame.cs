// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Net;
using Domovoi.Network.Frames;

namespace Domovoi.Network;

/// <summary>Builds the frames that guests send, field by field.</summary>
internal static class TestFrame
{
    internal static readonly MacAddress Guest = Mac("00:16:3e:00:00:01");
    internal static readonly MacAddress Other = Mac("00:16:3e:00:00:02");

    internal static MacAddress Mac(string text) => MacAddress.TryParse(text, out MacAddress address) ? address : throw new FormatException(text);

    internal static Frame Of(MacAddress source, MacAddress destination, ushort type, ReadOnlySpan<byte> payload)
    {
        Frame frame = new();
        Span<byte> bytes = frame.Reset();
        destination.Write(bytes);
        source.Write(bytes[6..]);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[12..], type);
        payload.CopyTo(bytes[14..]);
        frame.SetLength(14 + payload.Length);
        return frame;
    }

    internal static Frame Plain(string content = "hello", MacAddress? source = null) =>
        Of(source ?? Guest, Other, 0x9000, System.Text.Encoding.ASCII.GetBytes(content));

    internal static Frame Tagged(ushort tag, string content = "hello")
    {
        byte[] payload = [(byte)(tag >> 8), (byte)tag, 0x90, 0x00, .. System.Text.Encoding.ASCII.GetBytes(content)];
        return Of(Guest, Other, EtherType.Vlan, payload);
    }

    internal static Frame Ipv4(string source, string destination, byte protocol, ReadOnlySpan<byte> payload)
    {
        byte[] packet = new byte[20 + payload.Length];
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        packet[4] = 0x12;
        packet[8] = 64;
        packet[9] = protocol;
        IPAddress.Parse(source).GetAddressBytes().CopyTo(packet, 12);
        IPAddress.Parse(destination).GetAddressBytes().CopyTo(packet, 16);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), Offloads.InternetChecksum.Of(packet.AsSpan(0, 20)));
        payload.CopyTo(packet.AsSpan(20));
        return Of(Guest, Other, EtherType.Ipv4, packet);
    }

    internal static Frame Ipv6(string source, string destination, byte protocol, ReadOnlySpan<byte> payload)
    {
        byte[] packet = new byte[40 + payload.Length];
        packet[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)payload.Length);
        packet[6] = protocol;
        packet[7] = 255;
        IPAddress.Parse(source).GetAddressBytes().CopyTo(packet, 8);
        IPAddress.Parse(destination).GetAddressBytes().CopyTo(packet, 24);
        payload.CopyTo(packet.AsSpan(40));
        return Of(Guest, Other, EtherType.Ipv6, packet);
    }

    /// <summary>A TCP segment with FIN, PSH and CWR set, twelve bytes of options, and a payload that counts up.</summary>
    internal static byte[] Tcp(int payload)
    {
        byte[] segment = new byte[32 + payload];
        BinaryPrimitives.WriteUInt16BigEndian(segment, 5001);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(2), 80);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(4), 1_000_000);
        segment[12] = 8 << 4;
        segment[13] = 0x80 | 0x10 | 0x08 | 0x01;
        segment.AsSpan(20, 12).Fill(1);
        for (int i = 0; i < payload; i++)
        {
            segment[32 + i] = (byte)(i * 7);
        }

        return segment;
    }

    internal static Frame Arp(string claimed, MacAddress? sender = null)
    {
        byte[] packet = [0, 1, 8, 0, 6, 4, 0, 1, .. new byte[20]];
        (sender ?? Guest).Write(packet.AsSpan(8));
        IPAddress.Parse(claimed).GetAddressBytes().CopyTo(packet, 14);
        return Of(Guest, MacAddress.Broadcast, EtherType.Arp, packet);
    }

    internal static Frame NeighbourAdvertisement(string source, string target, MacAddress station)
    {
        byte[] message = [136, 0, 0, 0, 0x60, 0, 0, 0, .. IPAddress.Parse(target).GetAddressBytes(), 2, 1, .. new byte[6]];
        station.Write(message.AsSpan(26));
        return Ipv6(source, "ff02::1", EtherType.Icmpv6, message);
    }
}
