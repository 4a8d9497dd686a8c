// SPDX-License-Identifier: MIT
using Domovoi.KernelImages.Elf;
using Domovoi.KernelImages.Notes;
using Domovoi.Xen.Abi;

namespace Domovoi.KernelImages;

/// <summary>What a kernel's notes say to the builder of a PV domain, checked as Xen's toolstack checks it.</summary>
public sealed record PvKernel
{
    private const ulong HypervisorStart = 0xFFFF_8000_0000_0000;

    /// <summary><c>XEN_ELFNOTE_VIRT_BASE</c>: where pseudo-physical address 0 is mapped.</summary>
    public required ulong VirtualBase { get; init; }

    /// <summary><c>XEN_ELFNOTE_PADDR_OFFSET</c>: what to subtract from <c>p_paddr</c>.</summary>
    public required ulong PhysicalOffset { get; init; }

    /// <summary><c>XEN_ELFNOTE_ENTRY</c></summary>
    public required ulong Entry { get; init; }

    /// <summary>The first virtual address of the loaded segments.</summary>
    public required ulong Start { get; init; }

    /// <summary>The first virtual address behind the loaded segments.</summary>
    public required ulong End { get; init; }

    /// <summary><c>XEN_ELFNOTE_HYPERCALL_PAGE</c>; null when the kernel wants none.</summary>
    public ulong? HypercallPage { get; init; }

    /// <summary><c>XEN_ELFNOTE_INIT_P2M</c>; null when the list belongs into the initial region.</summary>
    public ulong? InitialP2m { get; init; }

    /// <summary><c>XEN_ELFNOTE_MOD_START_PFN</c>: the ramdisk may stay unmapped.</summary>
    public bool UnmappedRamdisk { get; init; }

    /// <summary>Where a segment goes, once <c>XEN_ELFNOTE_PADDR_OFFSET</c> is taken off.</summary>
    public ulong PseudoPhysical(LoadSegment segment) => segment.PhysicalAddress - PhysicalOffset;

    /// <summary>Reads and checks the notes.</summary>
    /// <exception cref="KernelImageException">The kernel cannot run in a PV domain.</exception>
    public static PvKernel From(KernelImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        XenNotes notes = image.Notes;
        CheckIsPv(notes);
        XenFeatures.Parse(notes.Text(ElfNote.Features)).CheckForPv();

        ulong virtualBase = notes.Number(ElfNote.VirtBase) ?? 0;
        ulong physicalOffset = notes.Number(ElfNote.PaddrOffset) ?? 0;
        ulong virtualOffset = unchecked(virtualBase - physicalOffset);
        ulong? p2m = notes.Number(ElfNote.InitP2m);
        PvKernel kernel = new()
        {
            VirtualBase = virtualBase,
            PhysicalOffset = physicalOffset,
            Entry = notes.Number(ElfNote.Entry) ?? image.EntryPoint,
            Start = unchecked(image.Segments.Min(static segment => segment.PhysicalAddress) + virtualOffset),
            End = unchecked(image.Segments.Max(static segment => segment.PhysicalEnd) + virtualOffset),
            HypercallPage = notes.Number(ElfNote.HypercallPage),
            InitialP2m = p2m >= virtualBase || (p2m & 0xFFF) != 0 ? null : p2m,
            UnmappedRamdisk = notes.Number(ElfNote.ModStartPfn) is not (null or 0),
        };
        kernel.CheckAddresses();
        return kernel;
    }

    private static void CheckIsPv(XenNotes notes)
    {
        bool pvh = notes.Has(ElfNote.Phys32Entry);
        if (!notes.Present.Any() || (pvh && !notes.Has(ElfNote.Entry)))
        {
            throw new KernelImageException(
                "kernel-not-pv",
                $"The kernel cannot run in a PV domain: its Xen ELF notes are {notes}; at least XEN_VERSION, VIRT_BASE " +
                "and ENTRY were expected.",
                pvh
                    ? "PHYS32_ENTRY is there: type = \"pvh\" would fit it, which Domovoi does not run yet. Use a kernel built with CONFIG_XEN_PV, such as Debian's."
                    : "type = \"hvm\" would fit it, which Domovoi does not run yet. Use a kernel built with CONFIG_XEN_PV, such as Debian's.");
        }

        string version = notes.Text(ElfNote.XenVersion) ?? "";
        if (!version.StartsWith("xen-3.0", StringComparison.Ordinal))
        {
            throw new KernelImageException(
                "kernel-other-xen",
                $"The kernel's note XEN_VERSION is '{version}'; it was expected to begin with 'xen-3.0'.");
        }

        string loader = notes.Text(ElfNote.Loader) ?? "";
        string system = notes.Text(ElfNote.GuestOs) ?? "";
        if (!loader.StartsWith("generic", StringComparison.Ordinal) && !system.StartsWith("linux", StringComparison.Ordinal))
        {
            throw new KernelImageException(
                "kernel-other-loader",
                $"The kernel's notes are LOADER '{loader}' and GUEST_OS '{system}'; LOADER 'generic' or GUEST_OS 'linux' was expected.");
        }
    }

    private void CheckAddresses()
    {
        if ((VirtualBase & 0xFFF) != 0 || Start > End || Entry < Start || Entry > End || VirtualBase > Start)
        {
            throw new KernelImageException(
                "kernel-bad-addresses",
                $"The kernel's addresses do not fit together: VIRT_BASE 0x{VirtualBase:x}, segments 0x{Start:x} to " +
                $"0x{End:x}, ENTRY 0x{Entry:x}; VIRT_BASE was expected to be a page, " +
                "the segments above it, and ENTRY inside them.");
        }

        if (InitialP2m >= Start && InitialP2m < End)
        {
            throw new KernelImageException(
                "kernel-bad-addresses",
                $"The kernel's note INIT_P2M, 0x{InitialP2m:x}, lies inside its own segments (0x{Start:x} to 0x{End:x}).");
        }

        if (HypercallPage is { } page && ((page & 0xFFF) != 0 || page < Start || page >= End))
        {
            throw new KernelImageException(
                "kernel-bad-addresses",
                $"The kernel's note HYPERCALL_PAGE, 0x{page:x}, was expected to be a page inside its segments " +
                $"(0x{Start:x} to 0x{End:x}).");
        }

        ulong hole = 0xFFFF_8800_0000_0000;
        if (Start < hole && End > HypervisorStart)
        {
            throw new KernelImageException(
                "kernel-bad-addresses",
                $"The kernel's segments (0x{Start:x} to 0x{End:x}) overlap the range that belongs to Xen " +
                $"(0x{HypervisorStart:x} to 0x{hole:x}).");
        }
    }
}
