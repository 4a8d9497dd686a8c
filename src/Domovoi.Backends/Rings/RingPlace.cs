// SPDX-License-Identifier: MIT
using Domovoi.Memory;

namespace Domovoi.Backends.Rings;

/// <summary>Where a byte ring lies in a page the guest shares with us.</summary>
/// <param name="Bytes">The ring's bytes.</param>
/// <param name="Size">How many; a power of two.</param>
/// <param name="Producer">The index of who fills it.</param>
/// <param name="Consumer">The index of who empties it.</param>
public readonly record struct RingPlace(
    PhysicalAddress Bytes, int Size, PhysicalAddress Producer, PhysicalAddress Consumer);
