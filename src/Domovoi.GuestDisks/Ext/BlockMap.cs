// SPDX-License-Identifier: MIT
using System.Buffers.Binary;

namespace Domovoi.GuestDisks.Ext;

/// <summary>Finds a file's blocks: an extent tree (ext4), or the direct, indirect, double and triple indirect blocks of before.</summary>
/// <remarks>
/// The disk is the guest's, and may lie: levels only go down, and a map has bounds for its runs and nodes, so that no circle and no
/// bomb of extents keeps the reader.
/// </remarks>
internal sealed class BlockMap
{
    private const int MostRuns = 1 << 20;
    private const int MostNodes = 1 << 18;
    private const ushort ExtentMagic = 0xF30A;
    private const int DeepestTree = 5;
    private const int LongestWritten = 32768;
    private const int DirectBlocks = 12;

    private readonly DiskReader _disk;
    private readonly int _blockSize;
    private readonly long _blocksInFile;
    private readonly List<BlockRun> _runs = [];
    private int _nodes;

    private BlockMap(DiskReader disk, int blockSize, long size)
    {
        _disk = disk;
        _blockSize = blockSize;
        _blocksInFile = (size / blockSize) + (size % blockSize == 0 ? 0 : 1);
    }

    /// <summary>The file's runs in order.</summary>
    internal static IReadOnlyList<BlockRun> Of(Inode inode, DiskReader disk, int blockSize)
    {
        BlockMap map = new(disk, blockSize, inode.Size);
        if (inode.HasExtents)
        {
            map.AddTree(inode.Map, DeepestTree + 1);
            map._runs.Sort(static (a, b) => a.Logical.CompareTo(b.Logical));
        }
        else
        {
            map.AddClassic(inode.Map);
        }

        return map._runs;
    }

    /// <summary>A node: <c>magic:2 entries:2 max:2 depth:2 generation:4</c>, then entries of twelve bytes.</summary>
    private void AddTree(ReadOnlySpan<byte> node, int level)
    {
        int entries = BinaryPrimitives.ReadUInt16LittleEndian(node[2..]);
        int depth = BinaryPrimitives.ReadUInt16LittleEndian(node[6..]);
        if (BinaryPrimitives.ReadUInt16LittleEndian(node) != ExtentMagic || depth >= level || entries > (node.Length / 12) - 1)
        {
            throw GuestDiskException.Damaged("An extent tree is damaged.");
        }

        for (int i = 1; i <= entries; i++)
        {
            ReadOnlySpan<byte> entry = node.Slice(i * 12, 12);
            if (depth == 0)
            {
                AddExtent(entry);
            }
            else
            {
                long child = BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]) | ((long)BinaryPrimitives.ReadUInt16LittleEndian(entry[8..]) << 32);
                AddTree(ReadBlock(child), depth);
            }
        }
    }

    /// <summary><c>logical:4 length:2 start-high:2 start-low:4</c>; a length beyond 32768 says allocated but never written.</summary>
    private void AddExtent(ReadOnlySpan<byte> entry)
    {
        int length = BinaryPrimitives.ReadUInt16LittleEndian(entry[4..]);
        if (length is > 0 and <= LongestWritten)
        {
            long start = BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]) | ((long)BinaryPrimitives.ReadUInt16LittleEndian(entry[6..]) << 32);
            Add(BinaryPrimitives.ReadUInt32LittleEndian(entry), start, length);
        }
    }

    private void AddClassic(ReadOnlySpan<byte> map)
    {
        long logical = 0;
        for (int i = 0; i < DirectBlocks; i++)
        {
            AddBlock(logical++, BinaryPrimitives.ReadUInt32LittleEndian(map[(i * 4)..]));
        }

        for (int level = 1; level <= 3; level++)
        {
            AddIndirect(ref logical, BinaryPrimitives.ReadUInt32LittleEndian(map[((DirectBlocks + level - 1) * 4)..]), level);
        }
    }

    private void AddIndirect(ref long logical, uint block, int level)
    {
        long covered = 1;
        for (int i = 0; i < level; i++)
        {
            covered *= _blockSize / 4;
        }

        if (block == 0 || logical >= _blocksInFile)
        {
            logical += covered;
            return;
        }

        byte[] pointers = ReadBlock(block);
        for (int i = 0; i < pointers.Length && logical < _blocksInFile; i += 4)
        {
            uint pointer = BinaryPrimitives.ReadUInt32LittleEndian(pointers.AsSpan(i));
            if (level == 1)
            {
                AddBlock(logical++, pointer);
            }
            else
            {
                AddIndirect(ref logical, pointer, level - 1);
            }
        }
    }

    private void AddBlock(long logical, uint physical)
    {
        if (physical != 0 && logical < _blocksInFile)
        {
            Add(logical, physical, 1);
        }
    }

    private void Add(long logical, long physical, long count)
    {
        if (_runs.Count > 0 && _runs[^1] is var last && last.Logical + last.Count == logical && last.Physical + last.Count == physical)
        {
            _runs[^1] = last with { Count = last.Count + count };
            return;
        }

        if (_runs.Count == MostRuns)
        {
            throw GuestDiskException.Damaged($"A file has more than {MostRuns} pieces.");
        }

        _runs.Add(new BlockRun(logical, physical, count));
    }

    private byte[] ReadBlock(long block)
    {
        if (++_nodes > MostNodes)
        {
            throw GuestDiskException.Damaged($"The map of a file's blocks has more than {MostNodes} nodes.");
        }

        byte[] bytes = new byte[_blockSize];
        _disk.Read(block * _blockSize, bytes);
        return bytes;
    }
}
