// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Numerics;

namespace Domovoi.GuestDisks.Ext;

/// <summary>Reads a journal of jbd2 as mounting would, and says which blocks it renews. Linux, fs/jbd2/recovery.c; include/linux/jbd2.h.</summary>
/// <remarks>
/// The log is a ring of transactions: descriptor blocks name the blocks that follow them, revoke blocks take names back, and a
/// commit block makes everything before it count. It ends where the next number is missing or a checksum does not hold. All
/// of it is big endian. A block counts if it was committed, and not revoked by the same or a later transaction.
/// </remarks>
internal sealed class JournalReplay
{
    internal const uint Magic = 0xC03B3998;
    private const int HeaderSize = 12;
    private const uint DescriptorBlock = 1;
    private const uint CommitBlock = 2;
    private const uint RevokeBlock = 5;
    private const uint Has64Bit = 0x2;
    private const uint HasChecksum2 = 0x8;
    private const uint HasChecksum3 = 0x10;
    private const uint HasFastCommit = 0x20;
    private const ushort TagEscaped = 1;
    private const ushort TagSameUuid = 2;
    private const ushort TagLast = 8;

    private readonly DiskReader _disk;
    private readonly int _blockSize;
    private readonly IReadOnlyList<BlockRun> _runs;
    private readonly uint _features;
    private readonly uint _first;
    private readonly uint _end;
    private readonly uint _seed;
    private readonly Dictionary<long, (uint Transaction, JournalCopy Copy)> _writes = [];
    private readonly Dictionary<long, uint> _revoked = [];

    private JournalReplay(DiskReader disk, int blockSize, IReadOnlyList<BlockRun> runs, ReadOnlySpan<byte> super)
    {
        _disk = disk;
        _blockSize = blockSize;
        _runs = runs;
        _features = BinaryPrimitives.ReadUInt32BigEndian(super) == Magic && BinaryPrimitives.ReadUInt32BigEndian(super[4..]) == 4 ? U32(super, 40) : 0;
        _first = U32(super, 20);
        _end = U32(super, 16);
        if ((_features & HasFastCommit) != 0)
        {
            uint fast = U32(super, 0x54) is var given and not 0 ? given : 256;
            _end = _end > fast ? _end - fast : _end;
        }

        _seed = Checksum(uint.MaxValue, super.Slice(48, 16));
    }

    private bool HasChecksums => (_features & (HasChecksum2 | HasChecksum3)) != 0;

    internal static JournaledDisk Apply(DiskReader disk, Superblock super, InodeTable inodes)
    {
        Inode inode = inodes.Read(super.JournalInode);
        IReadOnlyList<BlockRun> runs = BlockMap.Of(inode, disk, super.BlockSize);
        byte[] head = new byte[1024];
        if (runs.Count == 0 || runs[0].Logical != 0 || inode.Size < super.BlockSize)
        {
            throw GuestDiskException.Damaged("The journal is empty.");
        }

        disk.Read(runs[0].Physical * super.BlockSize, head);
        if (U32(head, 0) != Magic || U32(head, 4) is not (3 or 4) || U32(head, 12) != (uint)super.BlockSize)
        {
            throw GuestDiskException.Damaged("The journal's superblock is damaged.");
        }

        JournalReplay replay = new(disk, super.BlockSize, runs, head);
        uint start = U32(head, 28);
        if (start != 0)
        {
            replay.Scan(start, U32(head, 24));
        }

        return new JournaledDisk(disk, super.BlockSize, replay.Result());
    }

    private Dictionary<long, JournalCopy> Result()
    {
        Dictionary<long, JournalCopy> copies = [];
        foreach ((long block, (uint transaction, JournalCopy copy)) in _writes)
        {
            if (!_revoked.TryGetValue(block, out uint revoked) || (int)(transaction - revoked) > 0)
            {
                copies[block] = copy;
            }
        }

        return copies;
    }

    private void Scan(uint position, uint transaction)
    {
        byte[] block = new byte[_blockSize];
        List<(long Block, JournalCopy Copy)> writes = [];
        List<long> revokes = [];
        for (uint read = 0; read < _end; read++)
        {
            if (!TryRead(position, block) || U32(block, 0) != Magic || U32(block, 8) != transaction)
            {
                return;
            }

            position = Next(position);
            switch (U32(block, 4))
            {
                case DescriptorBlock when HoldsTail(block):
                    position = Skip(position, Tags(block, position, writes));
                    break;
                case RevokeBlock when HoldsTail(block):
                    AddRevokes(block, revokes);
                    break;
                case CommitBlock when HoldsCommit(block):
                    Commit(transaction++, writes, revokes);
                    break;
                default:
                    return;
            }
        }
    }

    private void Commit(uint transaction, List<(long Block, JournalCopy Copy)> writes, List<long> revokes)
    {
        foreach ((long block, JournalCopy copy) in writes)
        {
            _writes[block] = (transaction, copy);
        }

        foreach (long block in revokes)
        {
            _revoked[block] = transaction;
        }

        writes.Clear();
        revokes.Clear();
    }

    /// <summary>Takes the tags of a descriptor block; returns how many data blocks follow it.</summary>
    private uint Tags(ReadOnlySpan<byte> block, uint position, List<(long Block, JournalCopy Copy)> writes)
    {
        int size = TagSize();
        int end = _blockSize - (HasChecksums ? 4 : 0);
        uint count = 0;
        for (int at = HeaderSize; at <= end - size;)
        {
            ReadOnlySpan<byte> tag = block.Slice(at, size);
            bool isWide = (_features & HasChecksum3) != 0;
            ushort flags = isWide ? (ushort)U32(tag, 4) : BinaryPrimitives.ReadUInt16BigEndian(tag[6..]);
            long number = U32(tag, 0) | ((_features & Has64Bit) != 0 ? (long)U32(tag, 8) << 32 : 0);
            long copy = Physical(Skip(position, count));
            if (copy != 0)
            {
                writes.Add((number, new JournalCopy(copy, (flags & TagEscaped) != 0)));
            }

            count++;
            at += size + ((flags & TagSameUuid) != 0 ? 0 : 16);
            if ((flags & TagLast) != 0)
            {
                break;
            }
        }

        return count;
    }

    private int TagSize() => (_features & HasChecksum3) != 0 ? 16
        : 12 + ((_features & HasChecksum2) != 0 ? 2 : 0) - ((_features & Has64Bit) != 0 ? 0 : 4);

    private void AddRevokes(ReadOnlySpan<byte> block, List<long> revokes)
    {
        int size = (_features & Has64Bit) != 0 ? 8 : 4;
        int end = (int)Math.Min(U32(block, HeaderSize), (uint)(_blockSize - (HasChecksums ? 4 : 0)));
        for (int at = HeaderSize + 4; at <= end - size; at += size)
        {
            revokes.Add(size == 8 ? (long)BinaryPrimitives.ReadUInt64BigEndian(block[at..]) : U32(block, at));
        }
    }

    /// <summary>The last four bytes of a descriptor or revoke block, if the journal has checksums.</summary>
    private bool HoldsTail(byte[] block) => HoldsChecksum(block, _blockSize - 4);

    /// <summary><c>struct commit_header</c>: the first word after the kind and size of the checksum.</summary>
    private bool HoldsCommit(byte[] block) => HoldsChecksum(block, HeaderSize + 4);

    private bool HoldsChecksum(byte[] block, int at)
    {
        if (!HasChecksums)
        {
            return true;
        }

        uint expected = U32(block, at);
        block.AsSpan(at, 4).Clear();
        uint found = Checksum(_seed, block);
        BinaryPrimitives.WriteUInt32BigEndian(block.AsSpan(at), expected);
        return found == expected;
    }

    private bool TryRead(uint position, byte[] block)
    {
        long physical = Physical(position);
        if (physical == 0)
        {
            return false;
        }

        _disk.Read(physical * _blockSize, block);
        return true;
    }

    private uint Next(uint position) => position + 1 >= _end ? _first : position + 1;

    private uint Skip(uint position, uint count)
    {
        long past = (long)position + count - _end;
        return past < 0 ? position + count : _first + (uint)(past % Math.Max(1, _end - _first));
    }

    private long Physical(uint position)
    {
        foreach (BlockRun run in _runs)
        {
            if (position >= run.Logical && position - run.Logical < run.Count)
            {
                return run.Physical + (position - run.Logical);
            }
        }

        return 0;
    }

    private static uint Checksum(uint seed, ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            seed = BitOperations.Crc32C(seed, b);
        }

        return seed;
    }

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
}
