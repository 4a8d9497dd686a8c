// SPDX-License-Identifier: MIT
using System.Text;

namespace Domovoi.GuestDisks.Ext;

/// <summary>Reads a guest's ext2, ext3 or ext4 without mounting it: no root, no kernel, no trust in what is on it.</summary>
/// <remarks>
/// A file system that was not unmounted is read as it will be after its journal is replayed; the disk itself is not written.
/// Example: <c>fs.ReadText("/boot/grub/grub.cfg")</c> looks up three directories, follows symbolic links, and reads the file's extents.
/// </remarks>
public sealed class ExtFileSystem
{
    private const uint RootInode = 2;
    private const int MostLinks = 40;
    private const int LongestLink = 4096;
    private const long LargestText = 16 << 20;
    private const int CopySize = 1 << 20;

    private readonly Superblock _super;
    private readonly InodeTable _inodes;

    private ExtFileSystem(DiskReader disk, Superblock super, string? journalNote)
    {
        _super = super;
        _inodes = new InodeTable(disk, super);
        JournalNote = journalNote;
    }

    /// <summary>As <c>blkid</c> shows it.</summary>
    public Guid Uuid => _super.Uuid;

    public string Label => _super.Label;

    /// <summary>Bytes of a block.</summary>
    public int BlockSize => _super.BlockSize;

    /// <summary>Set if the file system was not unmounted: what was done about it.</summary>
    public string? JournalNote { get; }

    /// <summary>Whether a disk or partition holds one.</summary>
    public static bool IsOne(DiskReader disk)
    {
        ArgumentNullException.ThrowIfNull(disk);
        if (disk.Length < Superblock.Place + Superblock.Size)
        {
            return false;
        }

        Span<byte> super = stackalloc byte[Superblock.Size];
        disk.Read(Superblock.Place, super);
        return Superblock.IsOne(super);
    }

    /// <param name="disk">The disk or partition; it stays open and the caller's.</param>
    /// <exception cref="GuestDiskException">It is damaged, or has features that are not known here.</exception>
    public static ExtFileSystem Open(DiskReader disk)
    {
        ArgumentNullException.ThrowIfNull(disk);
        Superblock super = ReadSuperblock(disk);
        if (!super.NeedsRecovery)
        {
            return new ExtFileSystem(disk, super, null);
        }

        if (super.JournalInode == 0)
        {
            return new ExtFileSystem(disk, super, "it was not unmounted, and its journal is on another disk: what is read may be old");
        }

        InodeTable inodes = new(disk, super);
        JournaledDisk replayed = JournalReplay.Apply(disk, super, inodes);
        return new ExtFileSystem(
            replayed, ReadSuperblock(replayed), $"it was not unmounted; {replayed.Count} blocks are read from its journal");
    }

    /// <summary>Looks a path up from the root; null if it is not there.</summary>
    /// <param name="path">With or without the leading slash.</param>
    /// <param name="followLast">Whether a symbolic link at the end is followed.</param>
    public ExtEntry? Find(string path, bool followLast = true) =>
        Resolve(path, followLast) is { } found ? Describe(found.Path, found.Inode) : null;

    public bool Exists(string path) => Find(path) is not null;

    /// <summary>The names in a directory, sorted, without <c>.</c> and <c>..</c>; empty if it is not there.</summary>
    public IReadOnlyList<string> List(string path) =>
        Resolve(path, followLast: true) is { } found && found.Inode.Kind == ExtFileKind.Directory
            ? [.. ExtDirectory.Read(_inodes, found.Inode, _super.BlockSize).Keys.Where(name => name is not ("." or "..")).Order(StringComparer.Ordinal)]
            : [];

    /// <summary>What a symbolic link says; null if the path is not one.</summary>
    public string? LinkTarget(string path) =>
        Resolve(path, followLast: false) is { } found && found.Inode.Kind == ExtFileKind.SymbolicLink ? ReadLink(found.Inode) : null;

    /// <summary>A text file; null if it is not there.</summary>
    public string? ReadText(string path) =>
        ReadBytes(path, LargestText) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    /// <summary>A whole file of at most <paramref name="limit"/> bytes; null if it is not there.</summary>
    public byte[]? ReadBytes(string path, long limit) =>
        Resolve(path, followLast: true) is { } found && found.Inode.Kind == ExtFileKind.Regular ? _inodes.ReadAll(found.Inode, limit) : null;

    /// <summary>Copies a file out of the guest.</summary>
    /// <param name="path">The file.</param>
    /// <param name="output">Gets its bytes.</param>
    /// <param name="limit">Most bytes it may have.</param>
    /// <returns>False if it is not there.</returns>
    public bool CopyTo(string path, Stream output, long limit)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (Resolve(path, followLast: true) is not { } found || found.Inode.Kind != ExtFileKind.Regular)
        {
            return false;
        }

        Inode inode = found.Inode;
        if (inode.IsInline || inode.IsEncrypted || inode.Size > limit)
        {
            output.Write(_inodes.ReadAll(inode, limit));
            return true;
        }

        IReadOnlyList<BlockRun> runs = _inodes.RunsOf(inode);
        byte[] buffer = new byte[Math.Min(CopySize, inode.Size)];
        for (long offset = 0; offset < inode.Size;)
        {
            int count = _inodes.Read(inode, runs, offset, buffer);
            output.Write(buffer.AsSpan(0, count));
            offset += count;
        }

        return true;
    }

    /// <summary>Where a file's contents are on the disk, in bytes; what is stored inline or never written has no place.</summary>
    public IReadOnlyList<(long Offset, long Length)> PlacesOf(string path) =>
        Resolve(path, followLast: false) is { } found && found.Inode is { IsInline: false, Kind: ExtFileKind.Regular }
            ? [.. _inodes.RunsOf(found.Inode).Select(run => (run.Physical * _super.BlockSize, run.Count * _super.BlockSize))]
            : [];

    private static Superblock ReadSuperblock(DiskReader disk)
    {
        Span<byte> bytes = stackalloc byte[Superblock.Size];
        disk.Read(Superblock.Place, bytes);
        return Superblock.IsOne(bytes) ? Superblock.Parse(bytes) : throw GuestDiskException.Damaged("There is no ext4 file system.");
    }

    private (string Path, Inode Inode)? Resolve(string path, bool followLast)
    {
        Stack<(string Name, Inode Inode)> place = [];
        place.Push(("", _inodes.Read(RootInode)));
        LinkedList<string> left = new(Words(path));
        int links = 0;
        while (left.First is { } first)
        {
            string name = first.Value;
            left.RemoveFirst();
            if (name == "..")
            {
                if (place.Count > 1)
                {
                    place.Pop();
                }

                continue;
            }

            Inode directory = place.Peek().Inode;
            if (directory.Kind != ExtFileKind.Directory || !ExtDirectory.Read(_inodes, directory, _super.BlockSize).TryGetValue(name, out uint number))
            {
                return null;
            }

            Inode inode = _inodes.Read(number);
            if (inode.Kind != ExtFileKind.SymbolicLink || (left.Count == 0 && !followLast))
            {
                place.Push((name, inode));
                continue;
            }

            if (++links > MostLinks)
            {
                return null;
            }

            Follow(ReadLink(inode), place, left);
        }

        return ("/" + string.Join('/', place.Reverse().Skip(1).Select(step => step.Name)), place.Peek().Inode);
    }

    private static void Follow(string target, Stack<(string Name, Inode Inode)> place, LinkedList<string> left)
    {
        if (target.StartsWith('/'))
        {
            while (place.Count > 1)
            {
                place.Pop();
            }
        }

        foreach (string word in Words(target).Reverse())
        {
            left.AddFirst(word);
        }
    }

    private static string[] Words(string path) => [.. path.Split('/').Where(word => word is not ("" or "."))];

    /// <summary>A short one stands in the inode, where the block map would.</summary>
    private string ReadLink(Inode inode) => inode.Size < Inode.MapSize && !inode.HasExtents
        ? Encoding.UTF8.GetString(inode.Map[..(int)inode.Size])
        : Encoding.UTF8.GetString(_inodes.ReadAll(inode, LongestLink));

    private static ExtEntry Describe(string path, Inode inode) =>
        new(path, inode.Kind, inode.Mode & 0xFFF, inode.Owner, inode.Group, inode.Size, inode.Number);
}
