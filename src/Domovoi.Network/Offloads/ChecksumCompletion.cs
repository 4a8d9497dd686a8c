// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using Domovoi.Network.Frames;

namespace Domovoi.Network.Offloads;

/// <summary>Blank checksums: finds what is to be summed, and sums it.</summary>
public static class ChecksumCompletion
{
    /// <summary>Describes a frame whose TCP or UDP checksum a guest left blank (<c>NETTXF_csum_blank</c>), and writes the pseudo header's sum.</summary>
    /// <returns>false when there is no TCP or UDP to be found: the frame cannot be completed by anybody.</returns>
    public static bool TryDescribe(Frame frame, out FrameOffload offload)
    {
        ArgumentNullException.ThrowIfNull(frame);
        Span<byte> bytes = frame.Bytes;
        FrameHeaders headers = FrameHeaders.Of(bytes);
        TrimPadding(frame, in headers);
        bytes = frame.Bytes;
        int field = headers.Protocol switch { EtherType.Tcp => 16, EtherType.Udp => 6, _ => -1 };
        offload = default;
        int rest = bytes.Length - headers.Transport;
        if (field < 0 || rest < field + 2)
        {
            return false;
        }

        ReadOnlySpan<byte> addresses = headers.Type == EtherType.Ipv4
            ? bytes.Slice(headers.Network + 12, 8)
            : bytes.Slice(headers.Network + 8, 32);
        ushort sum = InternetChecksum.Fold(InternetChecksum.PseudoHeader(addresses, headers.Protocol, rest));
        BinaryPrimitives.WriteUInt16BigEndian(bytes[(headers.Transport + field)..], sum);
        offload = new FrameOffload(SegmentKind.None, 0, ChecksumState.Partial, (ushort)headers.Transport, (ushort)field);
        return true;
    }

    /// <summary>Short frames may end with padding, which the sum must not cover.</summary>
    private static void TrimPadding(Frame frame, in FrameHeaders headers)
    {
        if (headers.Transport == 0)
        {
            return;
        }

        ReadOnlySpan<byte> ip = frame.Bytes[headers.Network..];
        int length = headers.Type == EtherType.Ipv4
            ? BinaryPrimitives.ReadUInt16BigEndian(ip[2..])
            : BinaryPrimitives.ReadUInt16BigEndian(ip[4..]) + 40;
        if (length < ip.Length && headers.Network + length > headers.Transport)
        {
            frame.SetLength(headers.Network + length);
        }
    }

    /// <summary>Finishes a partial checksum. Frames without one are left as they are.</summary>
    /// <returns>false when the description does not fit the frame.</returns>
    public static bool TryComplete(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        FrameOffload offload = frame.Offload;
        if (offload.Checksum != ChecksumState.Partial)
        {
            return true;
        }

        Span<byte> bytes = frame.Bytes;
        if (bytes.Length - offload.ChecksumStart - offload.ChecksumOffset < 2)
        {
            return false;
        }

        Span<byte> covered = bytes[offload.ChecksumStart..];
        ushort sum = (ushort)~InternetChecksum.Fold(InternetChecksum.Add(0, covered));
        bool isUdp = offload.ChecksumOffset == 6;
        BinaryPrimitives.WriteUInt16BigEndian(covered[offload.ChecksumOffset..], sum == 0 && isUdp ? (ushort)0xFFFF : sum);
        frame.Offload = offload with { Checksum = ChecksumState.Verified, ChecksumStart = 0, ChecksumOffset = 0 };
        return true;
    }
}
