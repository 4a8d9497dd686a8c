// SPDX-License-Identifier: MIT
using Domovoi.GuestDisks.Ext;

namespace Domovoi.GuestDisks;

/// <summary>A folder for one test: a tree of files, and the disk image that mke2fs makes of it.</summary>
internal sealed class TestDisk : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("domovoi-disk-").FullName;
    private readonly List<DiskReader> _open = [];

    internal TestDisk() => Directory.CreateDirectory(Tree);

    internal string Tree => Path.Combine(_folder, "tree");

    internal string Image => Path.Combine(_folder, "disk.img");

    internal string File(string name) => Path.Combine(_folder, name);

    internal TestDisk With(string path, string text)
    {
        string target = Path.Combine(Tree, path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        System.IO.File.WriteAllText(target, text);
        return this;
    }

    internal TestDisk With(string path, byte[] bytes)
    {
        System.IO.File.WriteAllBytes(Path.Combine(Tree, path), bytes);
        return this;
    }

    internal TestDisk WithLink(string path, string target)
    {
        System.IO.File.CreateSymbolicLink(Path.Combine(Tree, path), target);
        return this;
    }

    /// <summary>Makes the file system.</summary>
    /// <param name="options">mke2fs's, separated by blanks.</param>
    /// <param name="size">As mke2fs writes sizes.</param>
    internal TestDisk Make(string options = "-t ext4", string size = "32M")
    {
        HostTool.Run("mke2fs", ["-q", "-F", .. options.Split(' '), "-d", Tree, Image, size]);
        return this;
    }

    internal RawDisk Open()
    {
        RawDisk disk = RawDisk.Open(Image);
        _open.Add(disk);
        return disk;
    }

    internal ExtFileSystem OpenFileSystem() => ExtFileSystem.Open(Open());

    internal string Debugfs(string commands) => HostTool.Feed(commands, "debugfs", "-w", "-f", "-", Image);

    public void Dispose()
    {
        _open.ForEach(disk => disk.Dispose());
        Directory.Delete(_folder, recursive: true);
    }
}
