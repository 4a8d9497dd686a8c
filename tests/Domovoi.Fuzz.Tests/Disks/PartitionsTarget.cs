// SPDX-License-Identifier: MIT
using Domovoi.GuestDisks;
using Domovoi.GuestDisks.Partitions;

namespace Domovoi.Fuzz.Disks;

/// <summary>Partition tables, damaged: what is read of them lies on the disk.</summary>
internal sealed class PartitionsTarget : IFuzzTarget
{
    private static readonly string[] Layouts =
    [
        "label: gpt\nsize=1M, name=boot\nsize=2M\nsize=1M\n",
        "label: dos\nlabel-id: 0x12345678\nsize=1M, bootable\ntype=5\nsize=1M\nsize=1M\nsize=512K\n",
    ];

    private readonly List<(byte[] Image, int[] Used)> _good = [];

    public PartitionsTarget()
    {
        foreach (string layout in Layouts)
        {
            string path = Path.GetTempFileName();
            try
            {
                using (FileStream file = File.OpenWrite(path))
                {
                    file.SetLength(8 << 20);
                }

                HostTool.Feed(layout, "sfdisk", "-q", path);
                byte[] image = File.ReadAllBytes(path);
                _good.Add((image, [.. Enumerable.Range(0, image.Length).Where(i => image[i] != 0)]));
            }
            finally
            {
                File.Delete(path);
            }
        }
    }

    public void Run(Random random)
    {
        (byte[] good, int[] used) = _good[random.Next(_good.Count)];
        byte[] bad = (byte[])good.Clone();
        Mutation.Damage(random, bad, used, most: 12);
        if (random.Chance(10))
        {
            bad = bad[..random.Next(bad.Length)];
        }

        using MemoryDisk disk = new(bad);
        try
        {
            PartitionTable table = PartitionTable.Read(disk);
            foreach (Partition partition in table.Partitions)
            {
                using DiskReader part = PartitionTable.Open(disk, partition);
                Assert.InRange(part.Length, 0, bad.Length);
                part.Read(0, new byte[Math.Min(part.Length, 512)]);
            }
        }
        catch (GuestDiskException)
        {
            // The one way to refuse.
        }
    }

    public void Dispose()
    {
    }
}
