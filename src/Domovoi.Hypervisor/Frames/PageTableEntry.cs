// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Domovoi.Hypervisor.Frames;

/// <summary>One entry of a page table of any level, SDM 3A §4.5.4.</summary>
/// <remarks>
/// <code>
/// 63   62 ... 52   51 ... 12   11 .. 9   8    7    6  5  4    3    2    1   0
/// NX   available   frame       avail.    G    PSE  D  A  PCD  PWT  U/S  RW  P
/// </code>
/// </remarks>
internal readonly record struct PageTableEntry(ulong Value)
{
    public const ulong Present = 1;
    public const ulong Writable = 2;
    public const ulong User = 4;
    public const ulong Accessed = 0x20;
    public const ulong Dirty = 0x40;
    public const ulong AccessedAndDirty = Accessed | Dirty;
    public const ulong NoExecute = 1UL << 63;

    private const ulong FrameMask = 0x000F_FFFF_FFFF_F000;

    /// <summary>Cache attributes and page size: a domain without devices may not set them in a level 1 entry.</summary>
    private const ulong DisallowedInLevel1 = 0x098;

    /// <summary>The same, and the global bit, in the levels above.</summary>
    private const ulong DisallowedAbove = 0x198;

    public bool IsPresent => (Value & Present) != 0;

    public bool IsWritable => (Value & Writable) != 0;

    public ulong Frame => (Value & FrameMask) >> 12;

    public static PageTableEntry Of(ulong frame, ulong flags) => new((frame << 12) | flags);

    public bool HasDisallowedBits(FrameType level) =>
        (Value & (level == FrameType.Level1 ? DisallowedInLevel1 : DisallowedAbove)) != 0;

    /// <summary>Whether two entries hold the same references: they differ in attributes only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool HoldsSameReferences(PageTableEntry other)
    {
        const ulong relevant = FrameMask | Present | Writable;
        return ((Value ^ other.Value) & relevant) == 0;
    }

}
