// SPDX-License-Identifier: MIT
using System.Security.Cryptography;

namespace Domovoi.GuestDisks.Ext;

/// <summary>Reads back what mke2fs wrote, in every layout that Debian, and mke2fs on request, makes.</summary>
public sealed class ExtFileSystemTests
{
    public static TheoryData<string> Layouts =>
    [
        "-t ext2 -b 1024", "-t ext3 -b 1024", "-t ext4", "-t ext4 -b 1024 -O 64bit,metadata_csum", "-t ext4 -b 2048 -I 128",
        "-t ext4 -O inline_data", "-t ext4 -O ^extent,^64bit", "-t ext4 -O meta_bg,^resize_inode -b 1024",
        "-t ext4 -O sparse_super2", "-t ext4 -O bigalloc", "-t ext4 -O metadata_csum_seed", "-t ext2 -r 0 -O none",
    ];

    [Theory]
    [MemberData(nameof(Layouts))]
    public void File_InAnyLayout_ReadsAsItWasWritten(string layout)
    {
        byte[] large = RandomNumberGenerator.GetBytes(3_333_333);
        using TestDisk disk = new TestDisk().With("etc/hostname", "guest\n").With("large", large).With("etc/tiny", "x").Make(layout);

        ExtFileSystem files = disk.OpenFileSystem();

        Assert.Equal("guest\n", files.ReadText("/etc/hostname"));
        Assert.Equal("x", files.ReadText("etc/tiny"));
        Assert.Equal(large, files.ReadBytes("/large", large.Length));
        MemoryStream copy = new();
        Assert.True(files.CopyTo("/large", copy, large.Length));
        Assert.Equal(large, copy.ToArray());
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Directory_InAnyLayout_ListsAllItsNames(string layout)
    {
        using TestDisk disk = new();
        string[] names = [.. Enumerable.Range(0, 700).Select(i => $"a-name-of-some-length-{i:D4}")];
        foreach (string name in names)
        {
            disk.With($"many/{name}", "");
        }

        ExtFileSystem files = disk.With("few/one", "1").Make(layout).OpenFileSystem();

        Assert.Equal(names, files.List("/many"));
        Assert.Equal(["one"], files.List("/few"));
        Assert.Empty(files.List("/none"));
    }

    [Fact]
    public void Hole_InAFile_ReadsAsZeros()
    {
        using TestDisk disk = new();
        using (FileStream sparse = File.Create(Path.Combine(disk.Tree, "sparse")))
        {
            sparse.Position = 70 << 20;                     // past the double indirect blocks, with blocks of 1 KiB
            sparse.Write("end"u8);
        }

        ExtFileSystem files = disk.Make("-t ext2 -b 1024", "90M").OpenFileSystem();
        byte[] bytes = files.ReadBytes("/sparse", 80 << 20)!;
        Assert.Equal((70 << 20) + 3, bytes.Length);
        Assert.Equal("end"u8.ToArray(), bytes[^3..]);
        Assert.Equal(-1, bytes.AsSpan(0, 70 << 20).IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void SymbolicLink_ShortLongAndAbsolute_IsFollowed()
    {
        string far = string.Join('/', Enumerable.Repeat("..", 30)) + "/usr/lib/os-release";
        using TestDisk disk = new TestDisk().With("usr/lib/os-release", "Debian\n").With("etc/x", "")
            .WithLink("etc/os-release", "../usr/lib/os-release").WithLink("etc/absolute", "/usr/lib/os-release")
            .WithLink("etc/long", far).WithLink("lib", "usr/lib").WithLink("loop", "loop").Make();
        ExtFileSystem files = disk.OpenFileSystem();
        Assert.All(["/etc/os-release", "/etc/absolute", "/etc/long", "/lib/os-release"], path => Assert.Equal("Debian\n", files.ReadText(path)));
        Assert.Equal("/usr/lib/os-release", files.Find("/etc/long")!.Path);
        Assert.Equal(far, files.LinkTarget("/etc/long"));
        Assert.Null(files.Find("/loop"));
    }

    [Fact]
    public void CleanFileSystem_HasNoJournalNote()
    {
        using TestDisk disk = new TestDisk().Make("-t ext4 -L root -U 6f1d3c1e-54d5-4c9d-9a0e-2b7f1c1d2e3f");
        ExtFileSystem files = disk.OpenFileSystem();
        Assert.Null(files.JournalNote);
        Assert.Equal("root", files.Label);
        Assert.Equal("6f1d3c1e-54d5-4c9d-9a0e-2b7f1c1d2e3f", files.Uuid.ToString());
    }

    [Fact]
    public void ForeignBytes_AreNoFileSystem()
    {
        using TestDisk disk = new();
        File.WriteAllBytes(disk.Image, RandomNumberGenerator.GetBytes(100_000));
        Assert.False(ExtFileSystem.IsOne(disk.Open()));
        Assert.Throws<GuestDiskException>(disk.OpenFileSystem);
    }
}
