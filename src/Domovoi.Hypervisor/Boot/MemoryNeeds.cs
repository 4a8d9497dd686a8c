// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Boot;

/// <summary>Compares what must fit into a domain with what it has, and words the refusal.</summary>
internal readonly record struct MemoryNeeds(ulong KernelPages, ulong RamdiskPages, ulong DomainPages)
{
    /// <summary>Refuses when the parts alone, or everything with tables and padding, do not fit.</summary>
    public void Check(ulong usedPages)
    {
        if (RamdiskPages > DomainPages)
        {
            throw new DomainBuildException(
                "ramdisk-too-large",
                $"The ramdisk takes {Mebibytes(RamdiskPages)} MiB; the domain has {Mebibytes(DomainPages)} MiB of memory.",
                "Raise memory, or use a smaller ramdisk.");
        }

        if (KernelPages > DomainPages || usedPages > DomainPages)
        {
            string total = usedPages == 0 ? "more" : $"{Mebibytes(usedPages)} MiB, with the ramdisk and page tables,";
            throw new DomainBuildException(
                "memory-too-small",
                $"The domain has {Mebibytes(DomainPages)} MiB of memory; the kernel ends at {Mebibytes(KernelPages)} MiB, the " +
                $"ramdisk takes {Mebibytes(RamdiskPages)} MiB, and {total} is needed to start.",
                $"Raise memory to well above {Mebibytes(Math.Max(usedPages, KernelPages + RamdiskPages))} MiB.");
        }
    }

    private static ulong Mebibytes(ulong pages) => (pages / 256) + (pages % 256 != 0 ? 1UL : 0);
}
