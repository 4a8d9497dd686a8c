// SPDX-License-Identifier: MIT
namespace Domovoi.Guests;

/// <summary>A tmpfs that is soon full. Needs root; without, the test is skipped.</summary>
internal sealed class SmallFileSystem : IDisposable
{
    private readonly string _path;

    internal SmallFileSystem(string path, int mebibytes)
    {
        _path = path;
        Directory.CreateDirectory(path);
        DomResult mounted = HostProgram.Run("mount", "-t", "tmpfs", "-o", $"size={mebibytes}m", "tmpfs", path);
        Assert.SkipWhen(mounted.ExitCode != 0, $"cannot mount a tmpfs here: {mounted.Error.Trim()}");
    }

    internal string Image(string name, long mebibytes)
    {
        string path = Path.Combine(_path, name);
        using FileStream file = File.Create(path);
        file.SetLength(mebibytes << 20);
        return path;
    }

    internal void Resize(int mebibytes) =>
        Assert.Equal(0, HostProgram.Run("mount", "-o", $"remount,size={mebibytes}m", _path).ExitCode);

    public void Dispose() => HostProgram.Run("umount", "-l", _path);
}
