// SPDX-License-Identifier: MIT
namespace Domovoi.GuestDisks.Ext;

/// <summary>A guest that was killed leaves its last writes in the journal. debugfs writes such journals, e2fsck replays them.</summary>
public sealed class JournalTests
{
    public static TheoryData<string> Journals => ["jo", "jo -c -v 3", "jo -c -v 2"];

    [Theory]
    [MemberData(nameof(Journals))]
    public void CommittedBlock_IsReadFromTheJournal(string open)
    {
        using TestDisk disk = new TestDisk().With("file", Text('a')).Make("-t ext4 -b 4096");
        Journal(disk, open, $"jw -b {BlockOf(disk)} {Contents(disk, 'b')}");

        ExtFileSystem before = disk.OpenFileSystem();
        Assert.Equal(Text('b'), before.ReadText("/file"));
        Assert.Contains("was not unmounted", before.JournalNote, StringComparison.Ordinal);
        HostTool.Run("e2fsck", "-fy", disk.Image);
        Assert.Equal(Text('b'), disk.OpenFileSystem().ReadText("/file"));
    }

    [Theory]
    [MemberData(nameof(Journals))]
    public void RevokedBlock_IsReadFromTheDisk(string open)
    {
        using TestDisk disk = new TestDisk().With("file", Text('a')).Make("-t ext4 -b 4096");
        Journal(disk, open, $"jw -b {BlockOf(disk)} {Contents(disk, 'b')}", $"jw -r {BlockOf(disk)}");
        Assert.Equal(Text('a'), disk.OpenFileSystem().ReadText("/file"));
        HostTool.Run("e2fsck", "-fy", disk.Image);
        Assert.Equal(Text('a'), disk.OpenFileSystem().ReadText("/file"));
    }

    [Theory]
    [MemberData(nameof(Journals))]
    public void BlockWithTheJournalsOwnMagic_IsRestored(string open)
    {
        using TestDisk disk = new TestDisk().With("file", Text('a')).Make("-t ext4 -b 4096");
        byte[] contents = [0xC0, 0x3B, 0x39, 0x98, .. Enumerable.Repeat((byte)'m', 4092)];
        File.WriteAllBytes(disk.File("contents"), contents);
        Journal(disk, open, $"jw -b {BlockOf(disk)} {disk.File("contents")}");
        Assert.Equal(contents, disk.OpenFileSystem().ReadBytes("/file", 4096));
    }

    [Fact]
    public void UncommittedTransaction_CountsForNothing()
    {
        using TestDisk disk = new TestDisk().With("file", Text('a')).Make("-t ext4 -b 4096");
        Journal(disk, "jo", $"jw -b {BlockOf(disk)} {Contents(disk, 'b')}", $"jw -b {BlockOf(disk)} -c {Contents(disk, 'c')}");
        Assert.Equal(Text('b'), disk.OpenFileSystem().ReadText("/file"));
    }

    private static void Journal(TestDisk disk, string open, params string[] writes) =>
        disk.Debugfs(string.Join('\n', [open, .. writes, "jc"]) + "\n");

    private static string BlockOf(TestDisk disk) => HostTool.Run("debugfs", "-R", "blocks /file", disk.Image).Trim();

    private static string Contents(TestDisk disk, char letter)
    {
        string path = disk.File($"contents-{letter}");
        File.WriteAllText(path, Text(letter));
        return path;
    }

    private static string Text(char letter) => new(letter, 4096);
}
