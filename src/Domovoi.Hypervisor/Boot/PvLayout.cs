// SPDX-License-Identifier: MIT
using Domovoi.KernelImages;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Boot;

/// <summary>Where everything lies in the pseudo-physical memory of a new PV domain, as Xen's toolstack lays it out.</summary>
/// <remarks>
/// <code>
/// page 0, VIRT_BASE     hole up to the kernel
///                       kernel
///                       [ramdisk, unless the kernel takes an unmapped one]
///                       [p2m list, unless the kernel named an address for it]
///                       start_info, xenstore page, console page
///                       page tables: level 4, 3, 2, 1
///                       boot stack
///                       at least 512 KiB, then up to a multiple of 4 MiB: the end of the initial mapping
///                       [ramdisk]   [p2m list and its page tables]
/// </code>
/// </remarks>
public sealed record PvLayout
{
    private const ulong PageSize = 4096;
    private const ulong PaddingPages = (512 << 10) / PageSize;
    private const ulong Alignment = 4 << 20;

    private PvLayout(PvKernel kernel)
    {
        VirtualBase = kernel.VirtualBase;
    }

    public ulong VirtualBase { get; }

    public PageSpan Kernel { get; private set; }

    /// <summary>Empty without a ramdisk.</summary>
    public PageSpan Ramdisk { get; private set; }

    /// <summary>Whether the initial page tables show the ramdisk.</summary>
    public bool RamdiskIsMapped { get; private set; }

    /// <summary>The p2m list; at an address of its own, its page tables follow it and count with it.</summary>
    public PageSpan P2m { get; private set; }

    public ulong P2mAddress { get; private set; }

    public bool P2mIsApart { get; private set; }

    public ulong StartInfo { get; private set; }

    public ulong Xenstore { get; private set; }

    public ulong Console { get; private set; }

    /// <summary>The tables of the initial region, level 4 first.</summary>
    public PageSpan PageTables { get; private set; }

    public ulong BootStack { get; private set; }

    /// <summary>Pages that the builder writes or maps; the rest is only listed.</summary>
    public ulong UsedPages { get; private set; }

    /// <summary>Pages of the initial mapping.</summary>
    public ulong MappedPages => Region.PageCount;

    /// <summary>The initial mapping.</summary>
    internal MappedRegion Region { get; private set; } = null!;

    /// <summary>The mapping of the p2m list where it is apart.</summary>
    internal MappedRegion? P2mRegion { get; private set; }

    /// <summary>The virtual address of a page of the initial mapping.</summary>
    public ulong AddressOf(ulong page) => VirtualBase + (page * PageSize);

    /// <exception cref="DomainBuildException">The domain's memory does not hold it, or its addresses cannot be used.</exception>
    public static PvLayout Plan(PvKernel kernel, ulong ramdiskBytes, ulong domainPages)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        PvLayout layout = new(kernel);
        ulong firstPage = (kernel.Start - kernel.VirtualBase) / PageSize;
        ulong next = PageSpan.PagesOf(kernel.End - kernel.VirtualBase);
        ulong ramdiskPages = PageSpan.PagesOf(ramdiskBytes);
        MemoryNeeds needs = new(next, ramdiskPages, domainPages);
        needs.Check(0);

        layout.Kernel = new PageSpan(firstPage, next - firstPage);
        layout.RamdiskIsMapped = ramdiskPages != 0 && !kernel.UnmappedRamdisk;
        if (layout.RamdiskIsMapped)
        {
            layout.Ramdisk = Take(ref next, ramdiskPages);
        }

        ulong p2mPages = PageSpan.PagesOf(domainPages * sizeof(ulong));
        layout.P2mIsApart = kernel.InitialP2m is not null;
        if (!layout.P2mIsApart)
        {
            layout.P2m = Take(ref next, p2mPages);
            layout.P2mAddress = layout.AddressOf(layout.P2m.First);
        }

        layout.StartInfo = Take(ref next, 1).First;
        layout.Xenstore = Take(ref next, 1).First;
        layout.Console = Take(ref next, 1).First;
        layout.PlanRegion(ref next);
        if (ramdiskPages != 0 && !layout.RamdiskIsMapped)
        {
            layout.Ramdisk = Take(ref next, ramdiskPages);
        }

        if (kernel.InitialP2m is { } address)
        {
            layout.PlanP2m(ref next, address, p2mPages);
        }

        layout.UsedPages = next;
        needs.Check(next);
        return layout;
    }

    private static PageSpan Take(ref ulong next, ulong count)
    {
        PageSpan span = new(next, count);
        next += count;
        return span;
    }

    /// <summary>The tables map themselves, so their number and the region's end are found together.</summary>
    private void PlanRegion(ref ulong next)
    {
        ulong extra = PaddingPages + 1;
        ulong pages = extra;
        while (true)
        {
            ulong last = (VirtualBase + ((next + pages) * PageSize) - 1) | (Alignment - 1);
            Region = MappedRegion.Plan(VirtualBase, last, 0, next, other: null);
            CheckRegion(Region, "initial mapping");
            pages = Region.TableCount + extra;
            if (next + pages <= Region.PageCount)
            {
                break;
            }
        }

        PageTables = Take(ref next, Region.TableCount);
        BootStack = Take(ref next, 1).First;
        next = Region.PageCount;
    }

    private void PlanP2m(ref ulong next, ulong address, ulong pages)
    {
        P2mAddress = address;
        P2mRegion = MappedRegion.Plan(address, address + (pages * PageSize) - 1, next, next + pages, Region);
        CheckRegion(P2mRegion, "list of frames (INIT_P2M)");
        if (P2mRegion.LastAddress >= Region.FirstAddress)
        {
            throw BadAddresses(P2mRegion, "list of frames (INIT_P2M)", "it would overlap the initial mapping");
        }

        P2m = Take(ref next, pages + P2mRegion.TableCount);
    }

    private static void CheckRegion(MappedRegion region, string what)
    {
        if (region.LastAddress < region.FirstAddress ||
            !X86Addresses.IsCanonical(region.FirstAddress) || !X86Addresses.IsCanonical(region.LastAddress) ||
            (region.FirstAddress ^ region.LastAddress) >> 63 != 0)
        {
            throw BadAddresses(region, what, "that is not one stretch of canonical addresses");
        }

        if (region.FirstAddress < X86Addresses.HypervisorEnd && region.LastAddress >= X86Addresses.HypervisorStart)
        {
            throw BadAddresses(region, what, "that overlaps the addresses which belong to Xen");
        }
    }

    private static DomainBuildException BadAddresses(MappedRegion region, string what, string why) => new(
        "kernel-bad-addresses",
        $"The kernel's notes put the {what} at 0x{region.FirstAddress:x} to 0x{region.LastAddress:x}; {why}.");
}
