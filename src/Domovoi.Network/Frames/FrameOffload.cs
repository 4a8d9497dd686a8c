// SPDX-License-Identifier: MIT
namespace Domovoi.Network.Frames;

/// <summary>How a frame that is longer than the wire allows is to be cut.</summary>
public enum SegmentKind : byte
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>TCP over IPv4.</summary>
    Tcp4,

    /// <summary>TCP over IPv6.</summary>
    Tcp6,
}

/// <summary>What is known of the checksum of TCP or UDP.</summary>
public enum ChecksumState : byte
{
    /// <summary>Nothing: it stands in the frame and may be wrong.</summary>
    Unknown,

    /// <summary>Somebody trusted has checked it, or the frame never left this machine.</summary>
    Verified,

    /// <summary>The field holds the pseudo header's sum only; the rest is to be added from <see cref="FrameOffload.ChecksumStart"/>.</summary>
    Partial,
}

/// <summary>Work on a frame that was left to who comes next, as virtio's and Linux's network devices do.</summary>
/// <param name="Kind">How to cut the frame.</param>
/// <param name="SegmentSize">TCP payload of each piece; 0 when it is not cut.</param>
/// <param name="Checksum">State of the checksum.</param>
/// <param name="ChecksumStart">Where the sum begins (the TCP or UDP header), from the frame's first byte.</param>
/// <param name="ChecksumOffset">Where the sum is put, from <paramref name="ChecksumStart"/>.</param>
public readonly record struct FrameOffload(
    SegmentKind Kind, ushort SegmentSize, ChecksumState Checksum, ushort ChecksumStart, ushort ChecksumOffset)
{
    /// <summary>The frame's headers have become longer or shorter in front of the checksum.</summary>
    internal FrameOffload Shift(int bytes) =>
        Checksum == ChecksumState.Partial ? this with { ChecksumStart = (ushort)(ChecksumStart + bytes) } : this;
}
