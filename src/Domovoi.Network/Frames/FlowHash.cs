// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Network.Frames;

/// <summary>Spreads flows over queues: frames of one connection always get the same number.</summary>
public static class FlowHash
{
    private const uint Multiplier = 0x9E37_79B1;

    public static uint Of(ReadOnlySpan<byte> frame)
    {
        FrameHeaders headers = FrameHeaders.Of(frame);
        uint hash = headers.Protocol;
        int addresses = headers.Type switch
        {
            EtherType.Ipv4 when frame.Length - headers.Network >= 20 => Mix(ref hash, frame.Slice(headers.Network + 12, 8)),
            EtherType.Ipv6 when frame.Length - headers.Network >= 40 => Mix(ref hash, frame.Slice(headers.Network + 8, 32)),
            _ => 0,
        };
        if (addresses > 0 && headers.Protocol is EtherType.Tcp or EtherType.Udp && frame.Length - headers.Transport >= 4)
        {
            Mix(ref hash, frame.Slice(headers.Transport, 4));
        }

        return hash ^ (hash >> 16);
    }

    private static int Mix(ref uint hash, ReadOnlySpan<byte> bytes)
    {
        foreach (uint word in MemoryMarshal.Cast<byte, uint>(bytes))
        {
            hash = (hash ^ word) * Multiplier;
        }

        return bytes.Length;
    }
}
