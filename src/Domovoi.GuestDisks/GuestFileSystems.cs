// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.GuestDisks.Ext;
using Domovoi.GuestDisks.Partitions;

namespace Domovoi.GuestDisks;

/// <summary>The file systems on a guest's disk that can be read here, each with its partition; the rest by name.</summary>
public sealed class GuestFileSystems : IDisposable
{
    private readonly List<DiskReader> _opened = [];

    private GuestFileSystems(PartitionTable table) => Table = table;

    public PartitionTable Table { get; }

    /// <summary>In order of their partitions.</summary>
    public List<(Partition Partition, ExtFileSystem Files)> Readable { get; } = [];

    /// <summary>What the other partitions hold, as far as it shows.</summary>
    public List<(Partition Partition, string What)> Others { get; } = [];

    /// <param name="disk">Stays open and the caller's.</param>
    public static GuestFileSystems Open(DiskReader disk)
    {
        ArgumentNullException.ThrowIfNull(disk);
        GuestFileSystems found = new(ExtFileSystem.IsOne(disk) ? new PartitionTable("none", [new Partition(0, 0, disk.Length)]) : PartitionTable.Read(disk));
        foreach (Partition partition in found.Table.Partitions)
        {
            DiskReader part = PartitionTable.Open(disk, partition);
            if (part != disk)
            {
                found._opened.Add(part);
            }

            if (ExtFileSystem.IsOne(part))
            {
                found.Readable.Add((partition, ExtFileSystem.Open(part)));
            }
            else
            {
                found.Others.Add((partition, Signature.Of(part)));
            }
        }

        return found;
    }

    /// <summary>The file system a boot loader means by <c>hd0,gpt1</c>, <c>hd0,msdos1</c>, <c>hd0,1</c>, or <c>xen/xvda1</c>.</summary>
    internal ExtFileSystem? ByDevice(string device)
    {
        string digits = new([.. device.Reverse().TakeWhile(char.IsAsciiDigit).Reverse()]);
        bool names = device.Contains(',', StringComparison.Ordinal) || device.StartsWith("xen/", StringComparison.Ordinal);
        return names && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? Readable.FirstOrDefault(part => part.Partition.Number == number).Files ?? (Table.Kind == "none" ? Readable.FirstOrDefault().Files : null)
            : Table.Kind == "none" ? Readable.FirstOrDefault().Files : null;
    }

    public void Dispose() => _opened.ForEach(part => part.Dispose());
}
