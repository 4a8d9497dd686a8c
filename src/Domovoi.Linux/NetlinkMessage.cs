// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Domovoi.Linux;

/// <summary>Numbers of attributes (linux/if_link.h, if_addr.h, rtnetlink.h, if_bridge.h); each belongs to one kind of message.</summary>
internal static class NetlinkAttribute
{
    internal const ushort LinkStation = 1;
    internal const ushort LinkName = 3;
    internal const ushort LinkMtu = 4;
    internal const ushort LinkMaster = 10;
    internal const ushort LinkDescription = 18;
    internal const ushort LinkFamilySpecific = 26;
    internal const ushort LinkKind = 1;
    internal const ushort BridgeVlan = 2;
    internal const ushort AddressOwn = 1;
    internal const ushort AddressLocal = 2;
    internal const ushort AddressLabel = 3;
    internal const ushort AddressBroadcast = 4;
    internal const ushort RouteDestination = 1;
    internal const ushort RouteLink = 4;
    internal const ushort RouteGateway = 5;
    internal const ushort RouteMetric = 6;
    internal const ushort RouteSource = 7;
    internal const ushort RouteTable = 15;
}

/// <summary>A netlink request being written: <c>struct nlmsghdr</c>, the family's header, attributes.</summary>
internal sealed class NetlinkMessage
{
    private const int HeaderSize = 16;

    private readonly byte[] _bytes = new byte[8192];
    private readonly int _flags;
    private int _length;

    internal NetlinkMessage(int type, int flags, int familyHeader)
    {
        _flags = flags;
        _length = HeaderSize + familyHeader;
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(4), (ushort)type);
    }

    internal void Write8(int at, byte value) => _bytes[at] = value;

    internal void Write32(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(at), value);

    internal void Add(ushort type, ReadOnlySpan<byte> value)
    {
        Span<byte> target = _bytes.AsSpan(_length);
        BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)(4 + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(target[2..], type);
        value.CopyTo(target[4..]);
        _length += (4 + value.Length + 3) & ~3;
    }

    internal void Add(ushort type, string text) => Add(type, [.. Encoding.ASCII.GetBytes(text), 0]);

    internal void Add(ushort type, uint number) => Add(type, BitConverter.GetBytes(number));

    internal void AddIf(ushort type, IPAddress? address)
    {
        if (address is not null)
        {
            Add(type, address.GetAddressBytes());
        }
    }

    /// <summary>Begins an attribute that holds others; <see cref="Close"/> ends it.</summary>
    internal int Open(ushort type)
    {
        int at = _length;
        Add(type, ReadOnlySpan<byte>.Empty);
        return at;
    }

    internal void Close(int at) => BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(at), (ushort)(_length - at));

    internal ReadOnlySpan<byte> Finish(int flags, uint sequence)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_bytes, _length);
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(6), (ushort)(_flags | flags));
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(8), sequence);
        return _bytes.AsSpan(0, _length);
    }
}

/// <summary>The attributes of a netlink message that was received.</summary>
internal readonly ref struct NetlinkAttributes(ReadOnlySpan<byte> bytes)
{
    private const ushort TypeMask = 0x3FFF;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    internal ReadOnlySpan<byte> Find(ushort type)
    {
        ReadOnlySpan<byte> rest = _bytes;
        while (rest.Length >= 4)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(rest);
            if (length < 4 || length > rest.Length)
            {
                break;
            }

            if ((BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]) & TypeMask) == type)
            {
                return rest[4..length];
            }

            rest = rest[Math.Min((length + 3) & ~3, rest.Length)..];
        }

        return default;
    }

    internal uint? Number(ushort type) => Find(type) is { Length: 4 } value ? BinaryPrimitives.ReadUInt32LittleEndian(value) : null;

    internal string? Text(ushort type) => Find(type) is { Length: > 0 } value ? Encoding.ASCII.GetString(value).TrimEnd('\0') : null;

    internal IPAddress? Address(ushort type) => Find(type) is { Length: 4 or 16 } value ? new IPAddress(value) : null;
}
