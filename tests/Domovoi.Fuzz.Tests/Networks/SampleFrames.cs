// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Net;
using Domovoi.Network.Frames;
using Domovoi.Network.Offloads;

namespace Domovoi.Fuzz.Networks;

/// <summary>Frames as drivers send them: TCP and UDP over IPv4 and IPv6, ARP, DHCP, neighbours, with and without tags; mostly damaged a little.</summary>
internal static class SampleFrames
{
    /// <summary>The guest's own address.</summary>
    internal static readonly MacAddress Station = MacAddress.Read([0, 0x16, 0x3E, 0, 0, 1]);

    private static readonly int[] Places = [0, 5, 6, 11, 12, 13, 14, 15, 16, 17, 18, 20, 22, 23, 24, 26, 28, 30, 33, 34, 38, 40, 46, 47, 48, 50, 54, 58, 66];

    internal static byte[] Any(Random random)
    {
        int payload = random.Chance(6) ? random.Next(60_000) : random.Next(1400);
        byte[] frame = random.Next(6) switch
        {
            0 => Ipv4(random, 6, payload),
            1 => Ipv4(random, 17, payload),
            2 => Ipv6(random, 6, payload),
            3 => Ipv6(random, 58, payload),
            4 => Arp(),
            _ => [.. Ethernet(0x88CC), .. random.Bytes(random.Next(64))],
        };
        for (int tags = random.Chance(2) ? random.Next(3) : 0; tags > 0; tags--)
        {
            ushort tag = (ushort)(random.Chance(2) ? random.OneOf<int>([10, 20, 105, 30]) : random.Next(0x10000));
            frame = [.. frame[..12], 0x81, (byte)(random.Chance(8) ? 0xA8 : 0), (byte)(tag >> 8), (byte)tag, .. frame[12..]];
        }

        if (!random.Chance(3))
        {
            Mutation.Damage(random, frame, random.Chance(2) ? Places.AsSpan()[..Array.FindLastIndex(Places, p => p < frame.Length)] : [], most: 5);
        }

        return random.Chance(10) ? frame[..random.Next(1, frame.Length)] : frame;
    }

    /// <summary>Such a frame, with work left on it: of a guest's, what its ring's flags lead to; of the network's, anything.</summary>
    internal static void Make(Random random, Frame frame, bool isOfGuest)
    {
        frame.CopyFrom(Any(random));
        ChecksumState state = (ChecksumState)random.Next(3);
        SegmentKind kind = random.Chance(2) ? SegmentKind.None : (SegmentKind)random.Next(3);
        bool isDescribed = ChecksumCompletion.TryDescribe(frame, out FrameOffload offload);
        frame.Offload = isDescribed && (isOfGuest || !random.Chance(4))
            ? offload with { Kind = kind, SegmentSize = kind == SegmentKind.None ? (ushort)0 : (ushort)random.Next(1, 3000) }
            : isOfGuest ? default
            : new FrameOffload(kind, (ushort)random.EdgeNumber(), state, (ushort)random.Next(200), (ushort)random.Next(64));
    }

    private static byte[] Ethernet(ushort type) => [0, 0x16, 0x3E, 0, 0, 2, 0, 0x16, 0x3E, 0, 0, 1, (byte)(type >> 8), (byte)type];

    private static byte[] Ipv4(Random random, byte protocol, int payload)
    {
        byte[] ip = new byte[20];
        byte[] transport = Transport(random, protocol, payload);
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip.AsSpan(2), (ushort)(20 + transport.Length));
        (ip[8], ip[9]) = (64, protocol);
        IPAddress.Parse(random.Chance(4) ? "0.0.0.0" : "10.0.0.5").TryWriteBytes(ip.AsSpan(12), out _);
        IPAddress.Parse("10.0.0.9").TryWriteBytes(ip.AsSpan(16), out _);
        return [.. Ethernet(0x0800), .. ip, .. transport];
    }

    private static byte[] Ipv6(Random random, byte protocol, int payload)
    {
        byte[] ip = new byte[40];
        byte[] transport = Transport(random, protocol, payload);
        ip[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(ip.AsSpan(4), (ushort)transport.Length);
        (ip[6], ip[7]) = (protocol, 255);
        IPAddress.Parse(random.Chance(4) ? "fe80::1" : "fd00::5").TryWriteBytes(ip.AsSpan(8), out _);
        IPAddress.Parse("fd00::9").TryWriteBytes(ip.AsSpan(24), out _);
        return [.. Ethernet(0x86DD), .. ip, .. transport];
    }

    private static byte[] Transport(Random random, byte protocol, int payload)
    {
        byte[] bytes = random.Bytes(20 + payload);
        switch (protocol)
        {
            case 6:
                bytes[12] = 0x50;
                break;
            case 17:
                (bytes[0], bytes[1], bytes[2], bytes[3]) = (0, 68, 0, 67);
                BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), (ushort)bytes.Length);
                break;
            default:
                bytes[0] = (byte)random.Next(133, 138);     // neighbour discovery
                break;
        }

        return bytes;
    }

    private static byte[] Arp() =>
        [.. Ethernet(0x0806), 0, 1, 8, 0, 6, 4, 0, 1, 0, 0x16, 0x3E, 0, 0, 1, 10, 0, 0, 5, 0, 0, 0, 0, 0, 0, 10, 0, 0, 9, .. new byte[18]];
}
