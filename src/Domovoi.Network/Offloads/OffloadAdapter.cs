// SPDX-License-Identifier: MIT
using Domovoi.Network.Frames;

namespace Domovoi.Network.Offloads;

/// <summary>Hands frames to a receiver, doing first what the receiver leaves to us. Belongs to one thread.</summary>
public sealed class OffloadAdapter
{
    private readonly TcpSegmenter _segmenter = new();

    /// <summary>Delivers the frame as it is if the receiver can finish it, otherwise finished, in as many frames as that takes.</summary>
    /// <returns>false when the frame's offload contradicts the frame; it is lost.</returns>
    public bool TryDeliver(Frame frame, OffloadSupport support, IFrameSink receiver)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(receiver);
        FrameOffload offload = frame.Offload;
        if (offload.Kind != SegmentKind.None && !support.HasFlag(NeededFor(offload.Kind)))
        {
            return _segmenter.TrySplit(frame, receiver);
        }

        if (offload is { Kind: SegmentKind.None, Checksum: ChecksumState.Partial }
            && !support.HasFlag(NeededForChecksum(frame)) && !ChecksumCompletion.TryComplete(frame))
        {
            return false;
        }

        receiver.Deliver(frame);
        return true;
    }

    private static OffloadSupport NeededFor(SegmentKind kind) =>
        kind == SegmentKind.Tcp4 ? OffloadSupport.Tcp4 : OffloadSupport.Tcp6;

    private static OffloadSupport NeededForChecksum(Frame frame) =>
        FrameHeaders.Of(frame.Bytes).Type == EtherType.Ipv6 ? OffloadSupport.Checksum6 : OffloadSupport.Checksum4;
}
