// SPDX-License-Identifier: MIT
using Domovoi.Memory;

namespace Domovoi.Cpu.Tests.Machines;

/// <summary>Bits of a page-table entry, SDM 3A §4.5.</summary>
[Flags]
internal enum PageBits : ulong
{
    None = 0,
    Present = 1,
    Write = 2,
    User = 4,
    Accessed = 0x20,
    Dirty = 0x40,
    Large = 0x80,
    Global = 0x100,
    NoExecute = 1UL << 63,
}

/// <summary>Builds four-level page tables in a guest's memory, taking frames one after another.</summary>
internal sealed class GuestAddressSpace
{
    private const ulong FrameMask = 0x000F_FFFF_FFFF_F000;

    private readonly GuestMemory _memory;
    private readonly Func<ulong> _takeFrame;

    internal GuestAddressSpace(GuestMemory memory, Func<ulong> takeFrame)
    {
        _memory = memory;
        _takeFrame = takeFrame;
        RootFrame = takeFrame();
    }

    internal ulong RootFrame { get; }

    internal PhysicalAddress Root => PhysicalAddress.OfFrame(RootFrame);

    /// <summary>Maps one page; tables above it get every right.</summary>
    internal void Map(ulong linear, ulong frame, PageBits bits) =>
        Entry(linear, level: 1, create: true) = (frame << PhysicalAddress.PageShift) | (ulong)(bits | PageBits.Present);

    /// <summary>Maps 2 MiB (level 2) or 1 GiB (level 3).</summary>
    internal void MapLarge(ulong linear, int level, ulong frame, PageBits bits) =>
        Entry(linear, level, create: true) =
            (frame << PhysicalAddress.PageShift) | (ulong)(bits | PageBits.Present | PageBits.Large);

    /// <summary>The entry of a level (4 is the top) that a linear address uses.</summary>
    internal ref ulong Entry(ulong linear, int level, bool create = false)
    {
        ulong table = RootFrame;
        for (int i = 4; ; i--)
        {
            ref ulong entry = ref _memory.FrameWords(table)[(int)((linear >> (3 + (9 * i))) & 0x1FF)];
            if (i == level)
            {
                return ref entry;
            }

            if (create && (entry & 1) == 0)
            {
                entry = (_takeFrame() << PhysicalAddress.PageShift) | (ulong)(PageBits.Present | PageBits.Write | PageBits.User);
            }

            table = (entry & FrameMask) >> PhysicalAddress.PageShift;
        }
    }
}
