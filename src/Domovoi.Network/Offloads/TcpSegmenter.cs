// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using Domovoi.Network.Frames;

namespace Domovoi.Network.Offloads;

/// <summary>Cuts a TCP frame that is longer than the wire allows into frames of the segment size, checksums complete.</summary>
/// <remarks>
/// Example: a frame of 66 bytes of headers and 4,000 of payload with segment size 1,448 gives three, of 1,448, 1,448 and 1,104
/// bytes of payload; sequence numbers and IPv4 identifications count up; FIN and PSH stay on the last, CWR on the first.
/// </remarks>
public sealed class TcpSegmenter
{
    private const byte Fin = 0x01;
    private const byte Psh = 0x08;
    private const byte Cwr = 0x80;

    private readonly Frame _segment = new();

    /// <summary>Gives each segment to a sink.</summary>
    /// <returns>false when the frame is not what its offload says; nothing was given then.</returns>
    public bool TrySplit(Frame frame, IFrameSink sink)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(sink);
        ReadOnlySpan<byte> bytes = frame.Bytes;
        FrameHeaders headers = FrameHeaders.Of(bytes);
        int size = frame.Offload.SegmentSize;
        ushort expected = frame.Offload.Kind == SegmentKind.Tcp4 ? EtherType.Ipv4 : EtherType.Ipv6;
        if (size == 0 || headers.Type != expected || headers.Protocol != EtherType.Tcp || bytes.Length - headers.Transport < 20)
        {
            return false;
        }

        int tcpHeader = (bytes[headers.Transport + 12] >> 4) * 4;
        int head = headers.Transport + tcpHeader;
        if (tcpHeader < 20 || bytes.Length < head)
        {
            return false;
        }

        int payload = bytes.Length - head;
        int index = 0;
        for (int at = 0; at < payload || index == 0; at += size)
        {
            int count = Math.Min(size, payload - at);
            Emit(bytes, in headers, head, at, count, index++, isLast: at + count == payload);
            sink.Deliver(_segment);
        }

        return true;
    }

    private void Emit(ReadOnlySpan<byte> whole, in FrameHeaders headers, int head, int at, int count, int index, bool isLast)
    {
        Span<byte> bytes = _segment.Reset();
        whole[..head].CopyTo(bytes);
        whole.Slice(head + at, count).CopyTo(bytes[head..]);
        _segment.SetLength(head + count);
        bytes = _segment.Bytes;
        Span<byte> ip = bytes[headers.Network..];
        Span<byte> tcp = bytes[headers.Transport..];
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]) + (uint)at);
        tcp[13] &= (byte)~((isLast ? 0 : Fin | Psh) | (index == 0 ? 0 : Cwr));
        ReadOnlySpan<byte> addresses;
        if (headers.Type == EtherType.Ipv4)
        {
            WriteIpv4(ip[..(headers.Transport - headers.Network)], ip.Length, index);
            addresses = ip.Slice(12, 8);
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(ip.Length - 40));
            addresses = ip.Slice(8, 32);
        }

        tcp[16] = tcp[17] = 0;
        ulong sum = InternetChecksum.PseudoHeader(addresses, EtherType.Tcp, tcp.Length);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], (ushort)~InternetChecksum.Fold(InternetChecksum.Add(sum, tcp)));
        _segment.Offload = new FrameOffload(SegmentKind.None, 0, ChecksumState.Verified, 0, 0);
    }

    private static void WriteIpv4(Span<byte> header, int length, int index)
    {
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)length);
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)(BinaryPrimitives.ReadUInt16BigEndian(header[4..]) + index));
        header[10] = header[11] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], InternetChecksum.Of(header));
    }
}
