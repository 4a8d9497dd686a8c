// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Globalization;

namespace Domovoi.GuestDisks.Partitions;

/// <summary>The master boot record's four partitions, and the chain of logical ones inside an extended one.</summary>
/// <remarks>An entry: <c>flag:1 chs:3 type:1 chs:3 first-sector:4 sectors:4</c>, four of them from byte 446.</remarks>
internal static class MbrTable
{
    private const int EntriesAt = 446;
    private const int EntrySize = 16;
    private const byte Protective = 0xEE;
    private const byte Active = 0x80;
    private const int MostLogical = 128;

    internal static bool IsProtective(ReadOnlySpan<byte> sector)
    {
        for (int i = 0; i < 4; i++)
        {
            if (sector[EntriesAt + (i * EntrySize) + 4] == Protective)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Nothing, if the record is no partition table: boot code of a file system ends with the same two bytes.</summary>
    internal static IReadOnlyList<Partition> Read(DiskReader disk, ReadOnlySpan<byte> sector)
    {
        List<Partition> found = [];
        string signature = BinaryPrimitives.ReadUInt32LittleEndian(sector[440..]).ToString("x8", CultureInfo.InvariantCulture);
        long extended = 0;
        for (int i = 0; i < 4; i++)
        {
            Entry entry = Entry.Parse(sector.Slice(EntriesAt + (i * EntrySize), EntrySize));
            if (entry.Flag is not (0 or Active) || (entry.Sectors != 0 && entry.Start >= disk.Length))
            {
                return [];
            }

            if (entry.IsExtended)
            {
                extended = entry.Start;
            }
            else if (entry.IsUsed)
            {
                found.Add(entry.ToPartition(i + 1, entry.Start, signature));
            }
        }

        if (extended != 0)
        {
            AddLogical(disk, extended, signature, found);
        }

        return found;
    }

    /// <summary>Each link of the chain names one logical partition, relative to itself, and the next link, relative to the first.</summary>
    private static void AddLogical(DiskReader disk, long extended, string signature, List<Partition> found)
    {
        Span<byte> sector = stackalloc byte[PartitionTable.SectorSize];
        long link = extended;
        for (int number = 5; number < 5 + MostLogical; number++)
        {
            if (link > disk.Length - PartitionTable.SectorSize)
            {
                return;
            }

            disk.Read(link, sector);
            Entry here = Entry.Parse(sector.Slice(EntriesAt, EntrySize));
            Entry next = Entry.Parse(sector.Slice(EntriesAt + EntrySize, EntrySize));
            if (sector[510] != 0x55 || sector[511] != 0xAA)
            {
                return;
            }

            if (here.IsUsed && link + here.Start < disk.Length)
            {
                found.Add(here.ToPartition(number, link + here.Start, signature));
            }

            if (!next.IsExtended || next.Start == 0)
            {
                return;
            }

            link = extended + next.Start;
        }
    }

    /// <summary>One of the four entries; places and sizes in bytes, at most 2 TiB.</summary>
    private readonly record struct Entry(byte Flag, byte Type, long Start, long Sectors)
    {
        internal bool IsExtended => Type is 0x05 or 0x0F or 0x85 && Sectors != 0;

        internal bool IsUsed => Type != 0 && Sectors != 0 && !IsExtended;

        internal static Entry Parse(ReadOnlySpan<byte> entry) => new(
            entry[0],
            entry[4],
            BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]) * (long)PartitionTable.SectorSize,
            BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]));

        internal Partition ToPartition(int number, long start, string signature) => new(
            number, start, Sectors * PartitionTable.SectorSize, Flag == Active, "", $"{signature}-{number:x2}");
    }
}
