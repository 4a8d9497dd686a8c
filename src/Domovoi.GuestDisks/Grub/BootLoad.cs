// SPDX-License-Identifier: MIT
namespace Domovoi.GuestDisks.Grub;

/// <summary>What a menu entry says to load.</summary>
/// <param name="Kernel">Where the kernel is.</param>
/// <param name="CommandLine">The kernel's words.</param>
/// <param name="Ramdisks">Loaded one after the other into one.</param>
public sealed record BootLoad(BootFile Kernel, string CommandLine, IReadOnlyList<BootFile> Ramdisks);

/// <summary>A file as a boot loader names it.</summary>
/// <param name="Device">GRUB's name of the partition, without parentheses; empty for the one that holds the configuration.</param>
/// <param name="Path">Absolute in that partition.</param>
public readonly record struct BootFile(string Device, string Path);
