// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;

namespace Domovoi.Toolstack.Provisioning;

/// <summary>Writes the kernel's initramfs format, cpio "newc": a 110-byte header of hexadecimal text, the name, the contents.</summary>
/// <remarks>Name and contents are each padded to four bytes. Nodes need no privilege: they are only written down.</remarks>
public sealed class CpioArchive(Stream output) : IDisposable
{
    private const int Directory = 0x4000;
    private const int CharacterDevice = 0x2000;
    private const int RegularFile = 0x8000;
    private const int SymbolicLink = 0xA000;

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private int _inode;
    private long _written;

    public void AddDirectory(string path, int permissions = 0x1ED)
    {
        AddParents(path);
        Entry(path, Directory | permissions, []);
    }

    public void AddFile(string path, ReadOnlySpan<byte> contents, int permissions = 0x1A4)
    {
        AddParents(path);
        Entry(path, RegularFile | permissions, contents);
    }

    public void AddText(string path, string contents, bool executable = false) =>
        AddFile(path, Encoding.UTF8.GetBytes(contents), executable ? 0x1ED : 0x1A4);

    public void AddLink(string path, string target)
    {
        AddParents(path);
        Entry(path, SymbolicLink | 0x1FF, Encoding.UTF8.GetBytes(target));
    }

    public void AddCharacterDevice(string path, int permissions, int major, int minor)
    {
        AddParents(path);
        Entry(path, CharacterDevice | permissions, [], major, minor);
    }

    public bool Contains(string path) => _names.Contains(Normal(path));

    /// <summary>Ends the archive.</summary>
    public void Dispose()
    {
        Header("TRAILER!!!", mode: 0, length: 0, major: 0, minor: 0, inode: 0);
        output.Flush();
    }

    private static string Normal(string path) => path.Trim('/');

    private void AddParents(string path)
    {
        path = Normal(path);
        for (int slash = path.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            Entry(path[..slash], Directory | 0x1ED, []);
        }
    }

    private void Entry(string path, int mode, ReadOnlySpan<byte> contents, int major = 0, int minor = 0)
    {
        path = Normal(path);
        if (path.Length == 0 || !_names.Add(path))
        {
            return;
        }

        Header(path, mode, contents.Length, major, minor, ++_inode);
        Write(contents);
        Pad();
    }

    private void Header(string path, int mode, int length, int major, int minor, int inode)
    {
        int nameLength = Encoding.UTF8.GetByteCount(path) + 1;
        int links = (mode & Directory) != 0 ? 2 : 1;
        int[] fields = [inode, mode, 0, 0, links, 0, length, 0, 0, major, minor, nameLength, 0];
        string hexadecimal = string.Concat(fields.Select(f => f.ToString("X8", CultureInfo.InvariantCulture)));
        Write(Encoding.UTF8.GetBytes($"070701{hexadecimal}{path}\0"));
        Pad();
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        _written += bytes.Length;
    }

    private void Pad()
    {
        ReadOnlySpan<byte> zeros = [0, 0, 0];
        Write(zeros[..(int)(-_written & 3)]);
    }
}
