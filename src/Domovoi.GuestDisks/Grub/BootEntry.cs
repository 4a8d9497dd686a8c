// SPDX-License-Identifier: MIT
namespace Domovoi.GuestDisks.Grub;

/// <summary>A line of a boot menu.</summary>
/// <param name="Title">As shown.</param>
/// <param name="Id">GRUB's <c>--id</c>, or null.</param>
/// <param name="Children">A submenu's entries; null for an entry that boots.</param>
/// <param name="Load">What the entry loads; null for a submenu.</param>
public sealed record BootEntry(string Title, string? Id, IReadOnlyList<BootEntry>? Children, Func<BootLoad>? Load);
