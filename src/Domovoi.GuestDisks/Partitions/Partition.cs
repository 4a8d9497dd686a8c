// SPDX-License-Identifier: MIT
namespace Domovoi.GuestDisks.Partitions;

/// <summary>A part of a disk that may hold a file system.</summary>
/// <param name="Number">As in <c>xvda1</c>; 0 is the whole disk.</param>
/// <param name="Start">First byte.</param>
/// <param name="Length">Bytes.</param>
/// <param name="IsActive">Marked as the one to boot from (MBR's active flag, GPT's legacy boot attribute).</param>
/// <param name="Name">GPT's name of it, or empty.</param>
/// <param name="Id">GPT's UUID of it (<c>PARTUUID</c>), or MBR's <c>signature-NN</c>.</param>
public sealed record Partition(int Number, long Start, long Length, bool IsActive = false, string Name = "", string Id = "");
