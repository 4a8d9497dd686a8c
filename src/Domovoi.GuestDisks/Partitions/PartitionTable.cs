// SPDX-License-Identifier: MIT
namespace Domovoi.GuestDisks.Partitions;

/// <summary>How a disk is divided: GPT, MBR with logical partitions, or not at all.</summary>
/// <param name="Kind">"gpt", "mbr" or "none".</param>
/// <param name="Partitions">In order of their numbers; the whole disk alone if it is not divided.</param>
public sealed record PartitionTable(string Kind, IReadOnlyList<Partition> Partitions)
{
    internal const int SectorSize = 512;

    /// <summary>Reads a disk's table; a disk without one counts as one partition, number 0.</summary>
    public static PartitionTable Read(DiskReader disk)
    {
        ArgumentNullException.ThrowIfNull(disk);
        if (disk.Length < 2 * SectorSize)
        {
            return Undivided(disk);
        }

        Span<byte> first = stackalloc byte[SectorSize];
        disk.Read(0, first);
        if (first[510] != 0x55 || first[511] != 0xAA)
        {
            return Undivided(disk);
        }

        if (MbrTable.IsProtective(first) && GptTable.Read(disk) is { Count: > 0 } modern)
        {
            return new PartitionTable("gpt", modern);
        }

        IReadOnlyList<Partition> classic = MbrTable.Read(disk, first);
        return classic.Count > 0 ? new PartitionTable("mbr", classic) : Undivided(disk);
    }

    /// <summary>The bytes of one partition.</summary>
    public static DiskReader Open(DiskReader disk, Partition partition)
    {
        ArgumentNullException.ThrowIfNull(disk);
        ArgumentNullException.ThrowIfNull(partition);
        return partition.Number == 0 ? disk : new DiskSlice(disk, partition.Start, partition.Length);
    }

    private static PartitionTable Undivided(DiskReader disk) => new("none", [new Partition(0, 0, disk.Length)]);
}
