// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using Domovoi.Linux;
using Domovoi.Network.Frames;

namespace Domovoi.Network.Endpoints;

/// <summary><c>struct virtio_net_hdr</c> (virtio 1.2, 5.1.6): a frame's unfinished work, as Linux tells it.</summary>
/// <remarks>
/// <code>
/// flags u8 | gso_type u8 | hdr_len u16 | gso_size u16 | csum_start u16 | csum_offset u16      little endian
/// </code>
/// </remarks>
internal static class OffloadHeader
{
    internal const int Size = PacketDevice.HeaderSize;

    private const byte NeedsChecksum = 1;
    private const byte DataValid = 2;
    private const byte None = 0;
    private const byte Tcp4 = 1;
    private const byte Tcp6 = 4;
    private const byte Ecn = 0x80;

    internal static void Write(Frame frame, Span<byte> header)
    {
        FrameOffload offload = frame.Offload;
        header[..Size].Clear();
        header[0] = offload.Checksum switch { ChecksumState.Partial => NeedsChecksum, ChecksumState.Verified => DataValid, _ => 0 };
        if (offload.Checksum == ChecksumState.Partial)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(header[6..], offload.ChecksumStart);
            BinaryPrimitives.WriteUInt16LittleEndian(header[8..], offload.ChecksumOffset);
        }

        if (offload.Kind != SegmentKind.None)
        {
            header[1] = offload.Kind == SegmentKind.Tcp4 ? Tcp4 : Tcp6;
            BinaryPrimitives.WriteUInt16LittleEndian(header[2..], HeaderLength(frame));
            BinaryPrimitives.WriteUInt16LittleEndian(header[4..], offload.SegmentSize);
        }
    }

    /// <returns>null when it is nothing we can pass on.</returns>
    internal static FrameOffload? Read(ReadOnlySpan<byte> header)
    {
        SegmentKind? kind = (byte)(header[1] & ~Ecn) switch
        {
            None => SegmentKind.None,
            Tcp4 => SegmentKind.Tcp4,
            Tcp6 => SegmentKind.Tcp6,
            _ => null,
        };
        if (kind is null)
        {
            return null;
        }

        ChecksumState state = (header[0] & NeedsChecksum) != 0 ? ChecksumState.Partial
            : (header[0] & DataValid) != 0 ? ChecksumState.Verified
            : ChecksumState.Unknown;
        bool isPartial = state == ChecksumState.Partial;
        return new FrameOffload(
            kind.Value,
            kind == SegmentKind.None ? (ushort)0 : BinaryPrimitives.ReadUInt16LittleEndian(header[4..]),
            state,
            isPartial ? BinaryPrimitives.ReadUInt16LittleEndian(header[6..]) : (ushort)0,
            isPartial ? BinaryPrimitives.ReadUInt16LittleEndian(header[8..]) : (ushort)0);
    }

    private static ushort HeaderLength(Frame frame)
    {
        FrameHeaders headers = FrameHeaders.Of(frame.Bytes);
        int length = headers.Protocol == EtherType.Tcp && frame.Length - headers.Transport >= 20
            ? headers.Transport + ((frame.Bytes[headers.Transport + 12] >> 4) * 4)
            : 0;
        return (ushort)Math.Min(length, frame.Length);
    }
}
