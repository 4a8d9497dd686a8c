// SPDX-License-Identifier: MIT
namespace Domovoi.GuestDisks.Ext;

/// <summary>A file of a guest, as its file system describes it.</summary>
/// <param name="Path">Absolute, with symbolic links followed.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Permissions">The lower twelve bits of its mode.</param>
/// <param name="Owner">User number.</param>
/// <param name="Group">Group number.</param>
/// <param name="Size">Bytes.</param>
/// <param name="InodeNumber">The file's own number.</param>
public sealed record ExtEntry(string Path, ExtFileKind Kind, int Permissions, uint Owner, uint Group, long Size, uint InodeNumber);
