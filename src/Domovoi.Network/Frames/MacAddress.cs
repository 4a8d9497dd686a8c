// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Domovoi.Network.Frames;

/// <summary>A 48-bit station address, held in the low bits with the first byte of the wire highest.</summary>
public readonly record struct MacAddress(ulong Value)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 6;

    private const ulong XenPrefix = 0x00163EUL << 24;
    private const ulong GroupBit = 1UL << 40;

    public static MacAddress Broadcast => new(0xFFFF_FFFF_FFFF);

    /// <summary>Xen's address of the host's end of a vif; a bridge never takes it for its own, since it is the highest.</summary>
    public static MacAddress HostEnd => new(0xFEFF_FFFF_FFFF);

    /// <summary>Whether frames to it go to several stations: multicast and broadcast.</summary>
    public bool IsGroup => (Value & GroupBit) != 0;

    /// <summary>Whether a station may have it.</summary>
    public bool IsStation => !IsGroup && Value != 0;

    /// <param name="bytes">At least <see cref="Size"/> bytes as on the wire.</param>
    public static MacAddress Read(ReadOnlySpan<byte> bytes) =>
        new(((ulong)BinaryPrimitives.ReadUInt16BigEndian(bytes) << 32) | BinaryPrimitives.ReadUInt32BigEndian(bytes[2..]));

    /// <param name="bytes">At least <see cref="Size"/> bytes.</param>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)(Value >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(bytes[2..], (uint)Value);
    }

    /// <summary>The address a guest gets when none is asked for: of Xen's range, and the same for the same guest each time.</summary>
    /// <param name="guest">The guest's UUID if it was given one, otherwise its name.</param>
    /// <param name="device">The vif's number.</param>
    public static MacAddress Generate(string guest, int device)
    {
        byte[] seed = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"domovoi-vif\n{device}\n{guest}"));
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(seed, digest);
        return new MacAddress(XenPrefix | (BinaryPrimitives.ReadUInt32BigEndian(digest) & 0xFF_FFFF));
    }

    /// <summary>Reads six groups of one or two hexadecimal digits with colons between.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out MacAddress address)
    {
        ulong value = 0;
        int groups = 0;
        foreach (Range range in text.Split(':'))
        {
            ReadOnlySpan<char> group = text[range];
            if (group.Length is 0 or > 2 || groups == Size
                || !byte.TryParse(group, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte octet))
            {
                address = default;
                return false;
            }

            value = (value << 8) | octet;
            groups++;
        }

        address = new MacAddress(value);
        return groups == Size;
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(byte)(Value >> 40):x2}:{(byte)(Value >> 32):x2}:{(byte)(Value >> 24):x2}:{(byte)(Value >> 16):x2}:{(byte)(Value >> 8):x2}:{(byte)Value:x2}");
}
