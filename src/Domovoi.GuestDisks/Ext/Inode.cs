// SPDX-License-Identifier: MIT
using System.Buffers.Binary;

namespace Domovoi.GuestDisks.Ext;

/// <summary><c>struct ext4_inode</c>: what a file is, and where its contents are.</summary>
/// <param name="Number">Counted from 1.</param>
/// <param name="Mode">Type and permissions, as in stat(2).</param>
/// <param name="Size">Bytes.</param>
/// <param name="Flags"><c>i_flags</c></param>
/// <param name="Raw">All of it, for the block map and what is stored inline.</param>
internal sealed record Inode(uint Number, ushort Mode, long Size, uint Flags, byte[] Raw)
{
    internal const int MapPlace = 0x28;
    internal const int MapSize = 60;
    private const uint Encrypted = 0x800;
    private const uint UsesExtents = 0x80000;
    private const uint InlineContents = 0x10000000;

    internal ExtFileKind Kind => (ExtFileKind)(Mode >> 12);

    internal bool HasExtents => (Flags & UsesExtents) != 0;

    internal bool IsInline => (Flags & InlineContents) != 0;

    internal bool IsEncrypted => (Flags & Encrypted) != 0;

    internal ReadOnlySpan<byte> Map => Raw.AsSpan(MapPlace, MapSize);

    internal uint Owner => BinaryPrimitives.ReadUInt16LittleEndian(Raw.AsSpan(0x02)) | ((uint)BinaryPrimitives.ReadUInt16LittleEndian(Raw.AsSpan(0x78)) << 16);

    internal uint Group => BinaryPrimitives.ReadUInt16LittleEndian(Raw.AsSpan(0x18)) | ((uint)BinaryPrimitives.ReadUInt16LittleEndian(Raw.AsSpan(0x7A)) << 16);

    internal static Inode Parse(uint number, byte[] raw)
    {
        ushort mode = BinaryPrimitives.ReadUInt16LittleEndian(raw);
        long size = BinaryPrimitives.ReadUInt32LittleEndian(raw.AsSpan(0x04));
        if ((ExtFileKind)(mode >> 12) is ExtFileKind.Regular or ExtFileKind.Directory)
        {
            size |= (long)BinaryPrimitives.ReadUInt32LittleEndian(raw.AsSpan(0x6C)) << 32;
        }

        return size >= 0
            ? new Inode(number, mode, size, BinaryPrimitives.ReadUInt32LittleEndian(raw.AsSpan(0x20)), raw)
            : throw GuestDiskException.Damaged($"Inode {number} has a size beyond all files.");
    }
}
