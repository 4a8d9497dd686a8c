// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using CsCheck;
using Domovoi.Network.Frames;
using Domovoi.Network.Offloads;

namespace Domovoi.Network;

public sealed class OffloadTests
{
    private readonly CollectedFrames _got = new();

    /// <summary>RFC 1071's own example, and every length and alignment against a sum word by word.</summary>
    [Fact]
    public void Checksum_IsRfc1071s()
    {
        Assert.Equal(0xDDF2, InternetChecksum.Fold(InternetChecksum.Add(0, [0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7])));
        Gen.Byte.Array[0, 3000].Sample(bytes => InternetChecksum.Fold(InternetChecksum.Add(0, bytes)) == Slow(bytes));
    }

    [Theory]
    [InlineData(true, 4000, 1448, 3)]
    [InlineData(true, 1448, 1448, 1)]
    [InlineData(false, 60000, 1428, 43)]
    [InlineData(false, 0, 1428, 1)]
    public void Segments_CarryThePayloadInOrderWithRightHeaders(bool isIpv4, int payload, int size, int expected)
    {
        Frame frame = Whole(isIpv4, payload, (ushort)size);
        byte[] sent = frame.Bytes.ToArray();
        Assert.True(new OffloadAdapter().TryDeliver(frame, OffloadSupport.None, _got));
        Assert.Equal(expected, _got.Frames.Count);
        int head = 14 + (isIpv4 ? 20 : 40) + 32;
        Assert.Equal(sent[head..], _got.Frames.SelectMany(f => f[head..]));
        int at = 0;
        foreach (byte[] segment in _got.Frames)
        {
            ReadOnlySpan<byte> tcp = segment.AsSpan(head - 32);
            Assert.Equal(1_000_000u + (uint)at, BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]));
            Assert.Equal(0xFFFF, SumOf(segment, isIpv4));
            Assert.Equal(at == 0, (tcp[13] & 0x80) != 0);
            Assert.Equal(segment == _got.Frames[^1], (tcp[13] & 0x09) == 0x09);
            at += segment.Length - head;
        }
    }

    [Fact]
    public void Ipv4Segments_CountIdentificationsAndHaveTheirOwnLengths()
    {
        new OffloadAdapter().TryDeliver(Whole(true, 3000, 1448), OffloadSupport.None, _got);
        Assert.Equal([0x1200, 0x1201, 0x1202], _got.Frames.Select(f => (int)BinaryPrimitives.ReadUInt16BigEndian(f.AsSpan(18))));
        Assert.All(_got.Frames, f => Assert.Equal(f.Length - 14, BinaryPrimitives.ReadUInt16BigEndian(f.AsSpan(16))));
        Assert.All(_got.Frames, f => Assert.Equal(0xFFFF, InternetChecksum.Fold(InternetChecksum.Add(0, f.AsSpan(14, 20)))));
    }

    [Fact]
    public void Frame_ForWhoCutsItself_StaysWhole()
    {
        Frame frame = Whole(true, 4000, 1448);
        Assert.True(new OffloadAdapter().TryDeliver(frame, OffloadSupport.All, _got));
        Assert.Equal(frame.Length, Assert.Single(_got.Frames).Length);
        Assert.Equal(SegmentKind.Tcp4, _got.Offloads[0].Kind);
    }

    [Theory]
    [InlineData(true, EtherType.Tcp)]
    [InlineData(false, EtherType.Tcp)]
    [InlineData(true, EtherType.Udp)]
    public void BlankChecksum_IsCompletedForWhoDoesNot(bool isIpv4, byte protocol)
    {
        byte[] payload = protocol == EtherType.Tcp ? TestFrame.Tcp(77) : [0, 9, 0, 10, 0, 13, 0, 0, 1, 2, 3, 4, 5];
        Frame frame = isIpv4
            ? TestFrame.Ipv4("10.0.0.1", "10.0.0.2", protocol, payload)
            : TestFrame.Ipv6("fd00::1", "fd00::2", protocol, payload);
        Assert.True(ChecksumCompletion.TryDescribe(frame, out FrameOffload offload));
        frame.Offload = offload;
        Assert.True(new OffloadAdapter().TryDeliver(frame, OffloadSupport.None, _got));
        Assert.Equal(0xFFFF, SumOf(_got.Frames[0], isIpv4, protocol));
    }

    [Fact]
    public void BlankChecksum_DoesNotCoverPadding()
    {
        Frame frame = TestFrame.Ipv4("10.0.0.1", "10.0.0.2", EtherType.Udp, [0, 9, 0, 10, 0, 9, 0, 0, 7]);
        int length = frame.Length;
        byte[] padded = [.. frame.Bytes, .. Enumerable.Repeat((byte)0xEE, 20)];
        frame.CopyFrom(padded);
        Assert.True(ChecksumCompletion.TryDescribe(frame, out _));
        Assert.Equal(length, frame.Length);
    }

    [Fact]
    public void Offload_ThatContradictsTheFrame_LosesIt()
    {
        Frame udp = TestFrame.Ipv4("10.0.0.1", "10.0.0.2", EtherType.Udp, new byte[4000]);
        udp.Offload = new FrameOffload(SegmentKind.Tcp4, 1448, ChecksumState.Partial, 34, 6);
        Assert.False(new OffloadAdapter().TryDeliver(udp, OffloadSupport.None, _got));
        Frame beyond = TestFrame.Plain();
        beyond.Offload = new FrameOffload(SegmentKind.None, 0, ChecksumState.Partial, 60000, 16);
        Assert.False(new OffloadAdapter().TryDeliver(beyond, OffloadSupport.None, _got));
        Assert.Empty(_got.Frames);
    }

    /// <summary>The fuzz target of everything that looks into frames: no bytes and no offload may throw or produce a frame too long.</summary>
    [Fact]
    public void AnyBytes_AreSurvived() =>
        Gen.Select(Gen.Byte.Array[0, 300], Gen.UShort, Gen.UShort, Gen.UShort, Gen.Int[0, 2], Gen.Int[0, 2])
            .Sample((bytes, size, start, offset, kind, state) => Survives(bytes, new FrameOffload(
                (SegmentKind)kind, size, (ChecksumState)state, start, offset)), iter: 20_000);

    private static bool Survives(byte[] bytes, FrameOffload offload)
    {
        CollectedFrames got = new();
        Frame frame = new();
        foreach (ushort type in (ushort[])[0, EtherType.Ipv4, EtherType.Ipv6, EtherType.Vlan, EtherType.Arp])
        {
            frame.CopyFrom(bytes);
            if (type != 0 && bytes.Length >= 14)
            {
                BinaryPrimitives.WriteUInt16BigEndian(frame.Bytes[12..], type);
            }

            ChecksumCompletion.TryDescribe(frame, out _);
            frame.Offload = offload;
            new OffloadAdapter().TryDeliver(frame, OffloadSupport.None, got);
        }

        return got.Frames.All(f => f.Length <= Frame.MaximumLength);
    }

    private static Frame Whole(bool isIpv4, int payload, ushort size)
    {
        byte[] tcp = TestFrame.Tcp(payload);
        Frame frame = isIpv4
            ? TestFrame.Ipv4("10.0.0.1", "10.0.0.2", EtherType.Tcp, tcp)
            : TestFrame.Ipv6("fd00::1", "fd00::2", EtherType.Tcp, tcp);
        Assert.True(ChecksumCompletion.TryDescribe(frame, out FrameOffload offload));
        frame.Offload = offload with { Kind = isIpv4 ? SegmentKind.Tcp4 : SegmentKind.Tcp6, SegmentSize = size };
        return frame;
    }

    /// <summary>The sum over pseudo header and segment: 0xFFFF when the checksum is right.</summary>
    private static int SumOf(byte[] frame, bool isIpv4, byte protocol = EtherType.Tcp)
    {
        ReadOnlySpan<byte> segment = frame.AsSpan(14 + (isIpv4 ? 20 : 40));
        ReadOnlySpan<byte> addresses = isIpv4 ? frame.AsSpan(26, 8) : frame.AsSpan(22, 32);
        return Slow([.. addresses, 0, protocol, (byte)(segment.Length >> 8), (byte)segment.Length, .. segment]);
    }

    private static ushort Slow(byte[] bytes)
    {
        uint sum = 0;
        for (int i = 0; i < bytes.Length; i += 2)
        {
            sum += (uint)((bytes[i] << 8) | (i + 1 < bytes.Length ? bytes[i + 1] : 0));
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (ushort)sum;
    }
}
