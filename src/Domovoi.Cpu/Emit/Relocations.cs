// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Cpu.Emit;

/// <summary>Collects what a block's code owes to the page it was translated for.</summary>
internal sealed class Relocations
{
    private const int KindShift = 16;

    private readonly List<uint> _places = [];
    private nint _start;

    /// <summary>Whether the block can be copied for another virtual page.</summary>
    internal bool IsMovable { get; private set; }

    /// <summary>Whether <see cref="Places"/> are all: a very large block has more than can be said.</summary>
    internal bool AreComplete { get; private set; }

    internal ReadOnlySpan<uint> Places => CollectionsMarshal.AsSpan(_places);

    /// <summary>A block begins at <paramref name="start"/>.</summary>
    /// <param name="start">Its first byte.</param>
    /// <param name="isMovable">Whether the block may be copied for another virtual page at all.</param>
    internal void Begin(nint start, bool isMovable)
    {
        _places.Clear();
        _start = start;
        IsMovable = isMovable;
        AreComplete = true;
    }

    internal void Add(RelocationKind kind, nint place)
    {
        nint offset = place - _start;
        if (offset > ushort.MaxValue)
        {
            AreComplete = false;
            return;
        }

        _places.Add(((uint)kind << KindShift) | (ushort)offset);
    }

    /// <summary>The block holds something that has another form elsewhere.</summary>
    internal void Forbid() => IsMovable = false;

    /// <summary>The places of the block, or null when it cannot be copied for another virtual page.</summary>
    internal uint[]? Take() => IsMovable && AreComplete ? [.. _places] : null;

    internal static RelocationKind KindOf(uint place) => (RelocationKind)(place >> KindShift);

    internal static int OffsetOf(uint place) => (ushort)place;
}
