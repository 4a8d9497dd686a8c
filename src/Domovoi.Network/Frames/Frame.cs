// SPDX-License-Identifier: MIT
namespace Domovoi.Network.Frames;

/// <summary>One Ethernet frame, without its check sequence, in a buffer that is used again. Belongs to one thread at a time.</summary>
/// <remarks>
/// Room before the bytes lets a VLAN tag or a host's header be put in front without moving the payload.
/// <code>
/// | headroom | Ethernet header | payload ...... | unused |
///            ^Start                            ^Start + Length
/// </code>
/// </remarks>
public sealed class Frame
{
    /// <summary>The longest frame: an IP packet of 65,535 bytes behind an Ethernet header and two tags.</summary>
    public const int MaximumLength = 65535 + EthernetHeader + (2 * VlanTag);

    /// <summary>Addresses and type.</summary>
    public const int EthernetHeader = 14;

    /// <summary>Bytes of an IEEE 802.1Q tag.</summary>
    public const int VlanTag = 4;

    private const int Headroom = 64;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(Headroom + MaximumLength + VlanTag, pinned: true);
    private int _start = Headroom;

    public int Length { get; private set; }

    public FrameOffload Offload { get; set; }

    public Span<byte> Bytes => _buffer.AsSpan(_start, Length);

    public MacAddress Destination => MacAddress.Read(Bytes);

    public MacAddress Source => MacAddress.Read(Bytes[MacAddress.Size..]);

    /// <summary>Empties the frame and gives room for new content.</summary>
    /// <returns><see cref="MaximumLength"/> bytes, of which <see cref="SetLength"/> says how many count.</returns>
    public Span<byte> Reset()
    {
        _start = Headroom;
        Length = 0;
        Offload = default;
        return _buffer.AsSpan(_start, MaximumLength);
    }

    public void SetLength(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)MaximumLength);
        Length = length;
    }

    /// <summary>Takes another frame's content.</summary>
    public void CopyFrom(Frame other)
    {
        ArgumentNullException.ThrowIfNull(other);
        other.Bytes.CopyTo(Reset());
        Length = other.Length;
        Offload = other.Offload;
    }

    /// <summary>Takes content that needs no further work.</summary>
    public void CopyFrom(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reset());
        Length = bytes.Length;
    }

    /// <summary>The frame with bytes of a host's header in front; the frame itself does not change.</summary>
    /// <param name="count">At most what is in front; 16 always fit.</param>
    public Span<byte> WithHeader(int count) => _buffer.AsSpan(_start - count, Length + count);

    /// <summary>Puts a tag behind the addresses.</summary>
    internal void InsertTag(ushort tag)
    {
        Span<byte> addresses = stackalloc byte[2 * MacAddress.Size];
        Bytes[..addresses.Length].CopyTo(addresses);
        _start -= VlanTag;
        Length += VlanTag;
        Offload = Offload.Shift(VlanTag);
        Span<byte> bytes = Bytes;
        addresses.CopyTo(bytes);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(bytes[12..], EtherType.Vlan);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(bytes[14..], tag);
    }

    /// <summary>Takes away the tag behind the addresses, which there is.</summary>
    internal void RemoveTag()
    {
        Span<byte> addresses = stackalloc byte[2 * MacAddress.Size];
        Bytes[..addresses.Length].CopyTo(addresses);
        _start += VlanTag;
        Length -= VlanTag;
        Offload = Offload.Shift(-VlanTag);
        addresses.CopyTo(Bytes);
    }
}
