// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Emit;

/// <summary>Collects what a block's code owes to the page it was translated for.</summary>
internal sealed class Relocations
{
    private const int KindShift = 16;

    private readonly List<uint> _places = [];
    private nint _start;
    private bool _isMovable;

    /// <summary>A block begins at <paramref name="start"/>.</summary>
    /// <param name="start">Its first byte.</param>
    /// <param name="isWanted">Whether the block may be copied at all.</param>
    internal void Begin(nint start, bool isWanted)
    {
        _places.Clear();
        _start = start;
        _isMovable = isWanted;
    }

    internal void Add(RelocationKind kind, nint place)
    {
        nint offset = place - _start;
        if (offset > ushort.MaxValue)
        {
            Forbid();
        }
        else if (_isMovable)
        {
            _places.Add(((uint)kind << KindShift) | (ushort)offset);
        }
    }

    /// <summary>The block holds something that has another form elsewhere.</summary>
    internal void Forbid() => _isMovable = false;

    /// <summary>The places of the block, or null when it cannot be copied.</summary>
    internal uint[]? Take() => _isMovable ? [.. _places] : null;

    internal static RelocationKind KindOf(uint place) => (RelocationKind)(place >> KindShift);

    internal static int OffsetOf(uint place) => (ushort)place;
}
