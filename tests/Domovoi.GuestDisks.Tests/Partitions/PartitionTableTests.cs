// SPDX-License-Identifier: MIT
using Domovoi.GuestDisks.Ext;

namespace Domovoi.GuestDisks.Partitions;

/// <summary>sfdisk writes, we read.</summary>
public sealed class PartitionTableTests
{
    [Fact]
    public void Gpt_ReadsAsSfdiskWroteIt()
    {
        using TestDisk disk = Divided("label: gpt\nsize=4M, name=boot\nsize=8M\n", 32);
        PartitionTable table = PartitionTable.Read(disk.Open());
        Assert.Equal("gpt", table.Kind);
        Assert.Equal([(1, 1L << 20, 4L << 20), (2, 5L << 20, 8L << 20)], table.Partitions.Select(p => (p.Number, p.Start, p.Length)));
        Assert.Equal("boot", table.Partitions[0].Name);
        Assert.Equal(HostTool.Run("sfdisk", "--part-uuid", disk.Image, "1").Trim(), table.Partitions[0].Id, ignoreCase: true);
    }

    [Fact]
    public void Gpt_WithADamagedFirstHeader_IsReadFromItsCopy()
    {
        using TestDisk disk = Divided("label: gpt\nsize=4M\n", 32);
        using (FileStream file = File.OpenWrite(disk.Image))
        {
            file.Position = 512;
            file.Write(new byte[512]);
        }

        Assert.Equal(4L << 20, Assert.Single(PartitionTable.Read(disk.Open()).Partitions).Length);
    }

    [Fact]
    public void Mbr_WithLogicalPartitions_ReadsAsSfdiskWroteIt()
    {
        using TestDisk disk = Divided("label: dos\nlabel-id: 0x12345678\nsize=4M, bootable\ntype=5\nsize=3M\nsize=5M\n", 32);
        PartitionTable table = PartitionTable.Read(disk.Open());
        Assert.Equal("mbr", table.Kind);
        Assert.Equal([1, 5, 6], table.Partitions.Select(p => p.Number));
        Assert.Equal([4L << 20, 3L << 20, 5L << 20], table.Partitions.Select(p => p.Length));
        Assert.True(table.Partitions[0].IsActive);
        Assert.Equal("12345678-05", table.Partitions[1].Id);
    }

    [Fact]
    public void FileSystem_InAPartition_IsFound()
    {
        using TestDisk whole = Divided("label: gpt\nsize=4M\nsize=20M\n", 32);
        using TestDisk part = new TestDisk().With("etc/hostname", "inside\n").Make(size: "20M");
        using (FileStream file = File.OpenWrite(whole.Image))
        {
            file.Position = 5 << 20;
            file.Write(File.ReadAllBytes(part.Image));
        }

        using GuestFileSystems systems = GuestFileSystems.Open(whole.Open());
        (Partition partition, ExtFileSystem files) = Assert.Single(systems.Readable);
        Assert.Equal(2, partition.Number);
        Assert.Equal("inside\n", files.ReadText("/etc/hostname"));
    }

    [Fact]
    public void Disk_WithoutATable_IsOnePartition()
    {
        using TestDisk disk = new TestDisk().Make(size: "8M");
        Assert.Equal("none", PartitionTable.Read(disk.Open()).Kind);
    }

    [Fact]
    public void Chain_OfLogicalPartitionsInACircle_Ends()
    {
        using TestDisk disk = Divided("label: dos\ntype=5\nsize=3M\n", 32);
        using (FileStream file = new(disk.Image, FileMode.Open))
        {
            file.Position = (1 << 20) + 446 + 16;
            file.Write([0, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0]);
        }

        Assert.True(PartitionTable.Read(disk.Open()).Partitions.Count < 200);
    }

    private static TestDisk Divided(string script, int mebibytes)
    {
        TestDisk disk = new();
        using (FileStream file = File.Create(disk.Image))
        {
            file.SetLength((long)mebibytes << 20);
        }

        HostTool.Feed(script, "sfdisk", "-q", "--no-reread", "--no-tell-kernel", disk.Image);
        return disk;
    }
}
