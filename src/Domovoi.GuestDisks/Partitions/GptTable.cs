// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Text;

namespace Domovoi.GuestDisks.Partitions;

/// <summary>The GUID partition table (UEFI 2.10 §5.3): its header in the second sector, or, if that is damaged, in the last.</summary>
internal static class GptTable
{
    private const int MostEntries = 1024;
    private const int HeaderSize = 92;
    private const ulong LegacyBootable = 1UL << 2;

    /// <summary>Null if neither header is one.</summary>
    internal static IReadOnlyList<Partition>? Read(DiskReader disk)
    {
        foreach (int sectorSize in (int[])[512, 4096])
        {
            if (disk.Length < 3L * sectorSize)
            {
                continue;
            }

            IReadOnlyList<Partition>? found = ReadHeader(disk, sectorSize, sectorSize)
                ?? ReadHeader(disk, (disk.Length / sectorSize * sectorSize) - sectorSize, sectorSize);
            if (found is not null)
            {
                return found;
            }
        }

        return null;
    }

    private static List<Partition>? ReadHeader(DiskReader disk, long place, int sectorSize)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        disk.Read(place, header);
        if (!header.StartsWith("EFI PART"u8))
        {
            return null;
        }

        ulong first = BinaryPrimitives.ReadUInt64LittleEndian(header[72..]);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(header[80..]);
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(header[84..]);
        if (size is < 128 or > 4096 || count > MostEntries || first > (ulong)(disk.Length / sectorSize))
        {
            return null;
        }

        byte[] entries = new byte[count * size];
        long start = (long)first * sectorSize;
        if (entries.Length > disk.Length - start)
        {
            return null;
        }

        disk.Read(start, entries);
        List<Partition> found = [];
        for (int i = 0; i < count; i++)
        {
            if (Parse(entries.AsSpan((int)(i * size), 128), i + 1, sectorSize, disk.Length) is { } partition)
            {
                found.Add(partition);
            }
        }

        return found;
    }

    /// <summary>An entry: <c>type:16 id:16 first:8 last:8 attributes:8 name:72</c>; places in sectors, the last one included.</summary>
    private static Partition? Parse(ReadOnlySpan<byte> entry, int number, int sectorSize, long diskLength)
    {
        ulong first = BinaryPrimitives.ReadUInt64LittleEndian(entry[32..]);
        ulong last = BinaryPrimitives.ReadUInt64LittleEndian(entry[40..]);
        ulong sectors = (ulong)(diskLength / sectorSize);
        if (entry[..16].IndexOfAnyExcept((byte)0) < 0 || first >= sectors || last < first)
        {
            return null;
        }

        long length = (long)(Math.Min(last, sectors - 1) - first + 1) * sectorSize;
        ulong attributes = BinaryPrimitives.ReadUInt64LittleEndian(entry[48..]);
        string name = Encoding.Unicode.GetString(entry.Slice(56, 72)).TrimEnd('\0');
        return new Partition(
            number, (long)first * sectorSize, length, (attributes & LegacyBootable) != 0, name, new Guid(entry.Slice(16, 16)).ToString());
    }
}
