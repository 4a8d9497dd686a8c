// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Boot;

/// <summary>A stretch of virtual addresses that shows consecutive pages, and the page tables of its own that it needs.</summary>
internal sealed class MappedRegion
{
    private const int Levels = 4;
    private readonly IndexRange[] _tables = new IndexRange[Levels + 1];

    private MappedRegion(ulong firstAddress, ulong lastAddress, ulong firstPage)
    {
        FirstAddress = firstAddress;
        LastAddress = lastAddress;
        FirstPage = firstPage;
    }

    public ulong FirstAddress { get; }

    /// <summary>The last byte, so that a region may end at the top of the address space.</summary>
    public ulong LastAddress { get; }

    public ulong FirstPage { get; }

    public ulong PageCount => ((LastAddress - FirstAddress) >> 12) + 1;

    /// <summary>Tables of this region's own, of all levels.</summary>
    public ulong TableCount { get; private set; }

    /// <summary>The tables of one level: which stretches of addresses they serve, and where the first one lies.</summary>
    public IndexRange Tables(int level) => _tables[level];

    /// <summary>Plans tables for a region; those that <paramref name="other"/>, which lies above, has already are shared.</summary>
    public static MappedRegion Plan(ulong firstAddress, ulong lastAddress, ulong firstPage, ulong firstTable, MappedRegion? other)
    {
        MappedRegion region = new(firstAddress, lastAddress, firstPage);
        for (int level = Levels; level >= 1; level--)
        {
            ulong first = IndexOf(firstAddress, level);
            ulong end = IndexOf(lastAddress, level) + 1;
            if (other is not null)
            {
                end = Math.Max(first, Math.Min(end, other.Tables(level).First));
            }

            region._tables[level] = new IndexRange(first, end - first, firstTable + region.TableCount);
            region.TableCount += end - first;
        }

        return region;
    }

    /// <summary>Which table of a level serves an address, counted through the whole 48-bit address space.</summary>
    public static ulong IndexOf(ulong address, int level) => (address & 0xFFFF_FFFF_FFFF) >> (12 + (9 * level));

    /// <summary>Tables of one level with consecutive indices, in consecutive pages from <paramref name="FirstPage"/>.</summary>
    internal readonly record struct IndexRange(ulong First, ulong Count, ulong FirstPage);
}
