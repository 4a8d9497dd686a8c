// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Frames;
using Domovoi.Memory;

namespace Domovoi.Hypervisor.Boot;

/// <summary>Writes the page tables a layout planned. Entries hold machine frames; page tables are mapped read-only.</summary>
internal sealed class PageTableWriter(GuestMemory memory, PvLayout layout, ReadOnlyMemory<ulong> frames)
{
    private const ulong TableFlags =
        PageTableEntry.Present | PageTableEntry.Writable | PageTableEntry.User | PageTableEntry.AccessedAndDirty;

    private const ulong ReadOnlyLeafFlags = PageTableEntry.Present | PageTableEntry.Accessed;
    private const ulong LeafFlags = ReadOnlyLeafFlags | PageTableEntry.Writable;
    private const int TopLevel = 4;
    private const int EntriesPerTable = 512;

    public void Write()
    {
        for (int level = TopLevel; level > 1; level--)
        {
            LinkTables(level, layout.Region);
            LinkTables(level, layout.P2mRegion);
        }

        MapPages(layout.Region);
        MapPages(layout.P2mRegion);
    }

    /// <summary>Enters the region's tables of the level below in the tables of <paramref name="level"/>.</summary>
    private void LinkTables(int level, MappedRegion? region)
    {
        if (region is null)
        {
            return;
        }

        MappedRegion.IndexRange children = region.Tables(level - 1);
        for (ulong i = 0; i < children.Count; i++)
        {
            ulong index = children.First + i;
            Table(level, index / EntriesPerTable)[(int)(index % EntriesPerTable)] =
                PageTableEntry.Of(frames.Span[(int)(children.FirstPage + i)], TableFlags).Value;
        }
    }

    private void MapPages(MappedRegion? region)
    {
        if (region is null)
        {
            return;
        }

        ReadOnlySpan<ulong> frameOf = frames.Span;
        Span<ulong> table = default;
        for (ulong i = 0; i < region.PageCount; i++)
        {
            ulong number = MappedRegion.IndexOf(region.FirstAddress, 0) + i;
            int slot = (int)(number % EntriesPerTable);
            if (table.IsEmpty || slot == 0)
            {
                table = Table(1, number / EntriesPerTable);
            }

            ulong page = region.FirstPage + i;
            bool isTable = layout.PageTables.Contains(page);
            table[slot] = PageTableEntry.Of(frameOf[(int)page], isTable ? ReadOnlyLeafFlags : LeafFlags).Value;
        }
    }

    /// <summary>The table of a level with a given index through the address space, whichever region it belongs to.</summary>
    private Span<ulong> Table(int level, ulong index)
    {
        MappedRegion.IndexRange range = layout.Region.Tables(level);
        if (index - range.First >= range.Count && layout.P2mRegion is { } other)
        {
            range = other.Tables(level);
        }

        return memory.FrameWords(frames.Span[(int)(range.FirstPage + (index - range.First))]);
    }
}
