// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Text;

namespace Domovoi.GuestDisks.Ext;

/// <summary>The names in a directory. Hashed ones are read like the linear ones they contain: their index blocks look like deleted entries.</summary>
internal static class ExtDirectory
{
    private const int MostBytes = 64 << 20;
    private const int EntryHead = 8;

    internal static Dictionary<string, uint> Read(InodeTable inodes, Inode directory, int blockSize)
    {
        if (directory.Kind != ExtFileKind.Directory)
        {
            throw GuestDiskException.Damaged($"Inode {directory.Number} is no directory.");
        }

        byte[] bytes = inodes.ReadAll(directory, MostBytes);
        Dictionary<string, uint> names = new(StringComparer.Ordinal);
        if (directory.IsInline)
        {
            // The parent's number comes first; the entries are in two pieces, one in the map and one in the attribute.
            Parse(bytes.AsSpan(Math.Min(4, bytes.Length)..Math.Min(bytes.Length, Inode.MapSize)), names);
            Parse(bytes.AsSpan(Math.Min(bytes.Length, Inode.MapSize)..), names);
            return names;
        }

        for (int block = 0; block < bytes.Length; block += blockSize)
        {
            Parse(bytes.AsSpan(block, Math.Min(blockSize, bytes.Length - block)), names);
        }

        return names;
    }

    /// <summary>An entry: <c>inode:4 length:2 name-length:1 type:1 name</c>; inode 0 is a deleted one.</summary>
    private static void Parse(ReadOnlySpan<byte> block, Dictionary<string, uint> names)
    {
        while (block.Length >= EntryHead)
        {
            uint inode = BinaryPrimitives.ReadUInt32LittleEndian(block);
            int length = BinaryPrimitives.ReadUInt16LittleEndian(block[4..]);
            length = length is 0 or 65535 ? 65536 : length;
            int nameLength = block[6];
            if (length < EntryHead || length > block.Length || nameLength > length - EntryHead)
            {
                return;
            }

            if (inode != 0 && nameLength > 0)
            {
                names[Encoding.UTF8.GetString(block.Slice(EntryHead, nameLength))] = inode;
            }

            block = block[length..];
        }
    }
}
