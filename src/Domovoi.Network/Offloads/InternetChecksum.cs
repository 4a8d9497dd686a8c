// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Domovoi.Network.Offloads;

/// <summary>The one's complement sum of RFC 1071.</summary>
internal static class InternetChecksum
{
    /// <summary>Adds bytes to a sum that is not folded yet.</summary>
    /// <param name="sum">Of what came before, which had an even number of bytes.</param>
    /// <param name="bytes">An odd last byte counts as if a zero followed.</param>
    internal static ulong Add(ulong sum, ReadOnlySpan<byte> bytes)
    {
        // Summed in the machine's own byte order, 32 bits at a time in 64: swapping the result swaps every term (RFC 1071, 2B).
        ulong total = 0;
        foreach (uint word in MemoryMarshal.Cast<byte, uint>(bytes))
        {
            total += word;
        }

        ReadOnlySpan<byte> rest = bytes[(bytes.Length & ~3)..];
        if (rest.Length >= 2)
        {
            total += BinaryPrimitives.ReadUInt16LittleEndian(rest);
            rest = rest[2..];
        }

        if (rest.Length > 0)
        {
            total += rest[0];
        }

        return sum + BinaryPrimitives.ReverseEndianness(Fold(total));
    }

    /// <summary>The sum as 16 bits, not yet inverted.</summary>
    internal static ushort Fold(ulong sum)
    {
        sum = (sum & 0xFFFF_FFFF) + (sum >> 32);
        sum = (sum & 0xFFFF) + ((sum >> 16) & 0xFFFF) + (sum >> 32);
        sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)((sum & 0xFFFF) + (sum >> 16));
    }

    /// <summary>The checksum of a header that stands alone, such as IPv4's, whose own field counts as it is.</summary>
    internal static ushort Of(ReadOnlySpan<byte> bytes) => (ushort)~Fold(Add(0, bytes));

    /// <summary>The sum of IPv4's or IPv6's pseudo header: addresses, protocol and length.</summary>
    /// <param name="addresses">Source and destination, one behind the other.</param>
    /// <param name="protocol">Of the payload.</param>
    /// <param name="length">Bytes of the payload.</param>
    internal static ulong PseudoHeader(ReadOnlySpan<byte> addresses, byte protocol, int length) =>
        Add(0, addresses) + protocol + (uint)(length & 0xFFFF) + (uint)(length >> 16);
}
