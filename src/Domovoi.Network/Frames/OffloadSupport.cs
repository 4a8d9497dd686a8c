// SPDX-License-Identifier: MIT
namespace Domovoi.Network.Frames;

/// <summary>Which unfinished work a receiver of frames takes; what it does not take is done before it gets them.</summary>
[Flags]
public enum OffloadSupport
{
    /// <summary>Frames of the wire's size with their checksums.</summary>
    None = 0,

    /// <summary>Partial checksums over IPv4.</summary>
    Checksum4 = 1,

    /// <summary>Partial checksums over IPv6.</summary>
    Checksum6 = 2,

    /// <summary><see cref="SegmentKind.Tcp4"/></summary>
    Tcp4 = 4,

    /// <summary><see cref="SegmentKind.Tcp6"/></summary>
    Tcp6 = 8,

    All = Checksum4 | Checksum6 | Tcp4 | Tcp6,
}
