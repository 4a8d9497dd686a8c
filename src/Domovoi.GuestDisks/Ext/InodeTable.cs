// SPDX-License-Identifier: MIT
using System.Buffers.Binary;

namespace Domovoi.GuestDisks.Ext;

/// <summary>Finds inodes through the block groups' descriptors, and reads files through their inodes.</summary>
internal sealed class InodeTable(DiskReader disk, Superblock super)
{
    private const int XattrMagicSize = 4;
    private const uint XattrMagic = 0xEA020000;

    internal Inode Read(uint number)
    {
        if (number == 0 || number > super.InodeCount)
        {
            throw GuestDiskException.Damaged($"Inode {number} was named; there are {super.InodeCount}.");
        }

        uint group = (number - 1) / super.InodesPerGroup;
        uint index = (number - 1) % super.InodesPerGroup;
        Span<byte> descriptor = stackalloc byte[64];
        int length = Math.Min(64, super.DescriptorSize);
        disk.Read(DescriptorPlace(group), descriptor[..length]);
        long table = BinaryPrimitives.ReadUInt32LittleEndian(descriptor[0x08..]);
        if (length >= 64)
        {
            table |= (long)BinaryPrimitives.ReadUInt32LittleEndian(descriptor[0x28..]) << 32;
        }

        if (table < 0 || table >= super.BlockCount)
        {
            throw GuestDiskException.Damaged($"The inodes of block group {group} lie outside the file system.");
        }

        byte[] raw = new byte[super.InodeSize];
        disk.Read((table * super.BlockSize) + ((long)index * super.InodeSize), raw);
        return Inode.Parse(number, raw);
    }

    /// <summary>Reads up to <paramref name="destination"/>'s length from a place of a file; returns how much there was.</summary>
    internal int Read(Inode inode, IReadOnlyList<BlockRun> runs, long offset, Span<byte> destination)
    {
        int total = (int)Math.Max(0, Math.Min(destination.Length, inode.Size - offset));
        destination = destination[..total];
        while (!destination.IsEmpty)
        {
            long block = offset / super.BlockSize;
            int inside = (int)(offset % super.BlockSize);
            (long physical, long run) = Find(runs, block);
            int count = (int)Math.Min(destination.Length, (Math.Min(run, 1 << 20) * super.BlockSize) - inside);
            if (physical == 0)
            {
                destination[..count].Clear();
            }
            else
            {
                disk.Read((physical * super.BlockSize) + inside, destination[..count]);
            }

            offset += count;
            destination = destination[count..];
        }

        return total;
    }

    internal IReadOnlyList<BlockRun> RunsOf(Inode inode) => BlockMap.Of(inode, disk, super.BlockSize);

    /// <summary>All of a small file. Contents may stand in the inode itself, the rest of them in its first extended attribute.</summary>
    internal byte[] ReadAll(Inode inode, long limit)
    {
        if (inode.IsEncrypted)
        {
            throw new GuestDiskException("disk-encrypted", $"Inode {inode.Number} is encrypted; only the guest can read it.");
        }

        if (inode.Size > limit)
        {
            throw GuestDiskException.Damaged($"Inode {inode.Number} has {inode.Size} bytes; at most {limit} were expected.");
        }

        byte[] bytes = new byte[inode.Size];
        if (inode.IsInline)
        {
            int first = Math.Min(bytes.Length, Inode.MapSize);
            inode.Map[..first].CopyTo(bytes);
            InlineRest(inode, bytes.Length - first).CopyTo(bytes.AsSpan(first));
        }
        else
        {
            Read(inode, RunsOf(inode), 0, bytes);
        }

        return bytes;
    }

    /// <summary>The attribute <c>system.data</c>: index 7, name <c>data</c>.</summary>
    private static ReadOnlySpan<byte> InlineRest(Inode inode, int wanted)
    {
        if (wanted <= 0)
        {
            return [];
        }

        ReadOnlySpan<byte> raw = inode.Raw;
        int start = raw.Length > 130 ? 128 + BinaryPrimitives.ReadUInt16LittleEndian(raw[0x80..]) : raw.Length;
        if (start <= raw.Length - XattrMagicSize && BinaryPrimitives.ReadUInt32LittleEndian(raw[start..]) == XattrMagic)
        {
            ReadOnlySpan<byte> entries = raw[(start + XattrMagicSize)..];
            for (int at = 0; at <= entries.Length - 16 && BinaryPrimitives.ReadUInt32LittleEndian(entries[at..]) != 0;)
            {
                int nameLength = entries[at];
                int place = BinaryPrimitives.ReadUInt16LittleEndian(entries[(at + 2)..]);
                uint size = BinaryPrimitives.ReadUInt32LittleEndian(entries[(at + 8)..]);
                bool isIt = entries[at + 1] == 7 && nameLength == 4 && at <= entries.Length - 20 && entries.Slice(at + 16, 4).SequenceEqual("data"u8);
                if (isIt && size >= (uint)wanted && place <= entries.Length - wanted)
                {
                    return entries.Slice(place, wanted);
                }

                at += (16 + nameLength + 3) & ~3;
            }
        }

        throw GuestDiskException.Damaged($"Inode {inode.Number} keeps its contents in itself, but they are not there.");
    }

    private (long Physical, long Count) Find(IReadOnlyList<BlockRun> runs, long block)
    {
        int low = 0;
        int high = runs.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (runs[middle].Logical <= block)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        if (low > 0 && runs[low - 1] is var run && block - run.Logical < run.Count)
        {
            long into = block - run.Logical;
            return (run.Physical + into, run.Count - into);
        }

        return (0, low < runs.Count ? runs[low].Logical - block : super.BlockCount);
    }

    /// <summary>The descriptors follow the superblock, or, with meta block groups, stand at the start of the groups they describe.</summary>
    private long DescriptorPlace(uint group)
    {
        uint perBlock = (uint)(super.BlockSize / super.DescriptorSize);
        uint meta = group / perBlock;
        long inside = (long)(group % perBlock) * super.DescriptorSize;
        bool isMeta = (super.Features & ExtFeatures.MetaBlockGroups) != 0 && meta >= super.FirstMetaBlockGroup;
        if (!isMeta)
        {
            return (((Superblock.Place / super.BlockSize) + 1L + meta) * super.BlockSize) + inside;
        }

        uint first = meta * perBlock;
        long block = ((long)first * super.BlocksPerGroup) + super.FirstDataBlock + (super.HasBackup(first) ? 1 : 0)
            + (meta == 0 && super.BlockSize == Superblock.Place && super.FirstDataBlock == 0 ? 1 : 0);
        return (block * super.BlockSize) + inside;
    }
}
