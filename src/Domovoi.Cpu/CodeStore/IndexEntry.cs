// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Cpu.CodeStore;

/// <summary>Where a block lies in a file. A file ends with those of all its blocks, in the order of their hashes.</summary>
/// <param name="Hash"><see cref="BlockKey.Hash"/></param>
/// <param name="Unit">Its offset, in units of <see cref="UnitSize"/> bytes.</param>
/// <param name="Length">Bytes, a multiple of <see cref="UnitSize"/>.</param>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly record struct IndexEntry(ulong Hash, uint Unit, int Length) : IComparable<IndexEntry>
{
    internal const int UnitSize = 16;

    internal long Offset => (long)Unit * UnitSize;

    public int CompareTo(IndexEntry other) => Hash.CompareTo(other.Hash);
}
