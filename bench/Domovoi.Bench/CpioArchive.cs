// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;

namespace Domovoi.Bench;

/// <summary>An initramfs in the kernel's "newc" format (Documentation/driver-api/early-userspace/buffer-format.rst).</summary>
internal sealed class CpioArchive(Stream output)
{
    private const int Folder = 0x41ED;
    private const int Program = 0x81ED;
    private const int Link = 0xA1FF;
    private readonly HashSet<string> _folders = [];
    private int _inode;

    internal void AddFile(string name, string from) => AddFile(name, File.ReadAllBytes(from));

    internal void AddFile(string name, byte[] bytes)
    {
        AddFoldersAbove(name);
        Add(name, Program, bytes);
    }

    internal void AddLink(string name, string target)
    {
        AddFoldersAbove(name);
        Add(name, Link, Encoding.UTF8.GetBytes(target));
    }

    internal void Finish() => Add("TRAILER!!!", 0, []);

    private void AddFoldersAbove(string name)
    {
        for (int slash = name.IndexOf('/'); slash > 0; slash = name.IndexOf('/', slash + 1))
        {
            if (_folders.Add(name[..slash]))
            {
                Add(name[..slash], Folder, []);
            }
        }
    }

    private void Add(string name, int mode, byte[] content)
    {
        byte[] nameBytes = [.. Encoding.UTF8.GetBytes(name), 0];
        int[] fields = [++_inode, mode, 0, 0, 1, 0, content.Length, 0, 0, 0, 0, nameBytes.Length, 0];
        string head = "070701" + string.Concat(fields.Select(field => field.ToString("X8", CultureInfo.InvariantCulture)));
        output.Write(Encoding.ASCII.GetBytes(head));
        output.Write(nameBytes);
        Pad(head.Length + nameBytes.Length);
        output.Write(content);
        Pad(content.Length);
    }

    private void Pad(int written) => output.Write(new byte[-written & 3]);
}
