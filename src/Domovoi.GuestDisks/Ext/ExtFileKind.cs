// SPDX-License-Identifier: MIT
namespace Domovoi.GuestDisks.Ext;

/// <summary>The upper four bits of a file's mode, as in stat(2).</summary>
public enum ExtFileKind
{
    None = 0,
    Fifo = 1,
    CharacterDevice = 2,
    Directory = 4,
    BlockDevice = 6,
    Regular = 8,
    SymbolicLink = 10,
    Socket = 12,
}
