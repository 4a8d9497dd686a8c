// SPDX-License-Identifier: MIT
namespace Domovoi.GuestDisks.Ext;

/// <summary>Consecutive blocks of a file that are consecutive on the disk. What no run covers reads as zeros.</summary>
/// <param name="Logical">First block within the file.</param>
/// <param name="Physical">First block on the disk.</param>
/// <param name="Count">How many.</param>
internal readonly record struct BlockRun(long Logical, long Physical, long Count);
