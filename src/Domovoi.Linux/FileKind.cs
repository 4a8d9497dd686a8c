// SPDX-License-Identifier: MIT
namespace Domovoi.Linux;

/// <summary>What a path leads to: the S_IFMT bits of inode(7).</summary>
public enum FileKind
{
    /// <summary><c>S_IFIFO</c>: opening it waits for whoever writes into it.</summary>
    Pipe = 0x1000,

    /// <summary><c>S_IFCHR</c></summary>
    CharacterDevice = 0x2000,

    /// <summary><c>S_IFDIR</c></summary>
    Directory = 0x4000,

    /// <summary><c>S_IFBLK</c></summary>
    BlockDevice = 0x6000,

    /// <summary><c>S_IFREG</c></summary>
    Regular = 0x8000,

    /// <summary><c>S_IFSOCK</c></summary>
    Socket = 0xC000,
}
