// SPDX-License-Identifier: MIT
using Domovoi.Cpu.CodeCache;

namespace Domovoi.Cpu.CodeStore;

/// <summary>What a translation depends on: the bytes of its guest page, and how and from where in it the block was made.</summary>
/// <param name="Page">The first half of the guest page's SHA-256: nobody can make another page that has it.</param>
/// <param name="Place">The block's offset in the page, its kind, and the processor's mode.</param>
internal readonly record struct BlockKey(UInt128 Page, uint Place)
{
    private const int KindShift = 12;
    private const int ModeShift = 16;
    private const ulong Spread = 0x9E37_79B9_7F4A_7C15;     // 2^64 / golden ratio
    private const int PlaceBits = 20;

    internal BlockKey(UInt128 page, ulong rip, ModeKey mode, BlockKind kind)
        : this(page, (uint)(rip & 0xFFF) | ((uint)kind << KindShift) | ((uint)mode << ModeShift))
    {
    }

    /// <summary>Under which a block is looked up; its record says whether it is the one. A page's blocks have neighbouring hashes.</summary>
    internal ulong Hash => ((ulong)Page << PlaceBits) | ((Place * Spread) >> (64 - PlaceBits));
}
