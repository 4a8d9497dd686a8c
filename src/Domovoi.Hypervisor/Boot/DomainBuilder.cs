// SPDX-License-Identifier: MIT
using Domovoi.Cpu.State;
using Domovoi.Hypervisor.Domains;
using Domovoi.Hypervisor.Frames;
using Domovoi.Hypervisor.Traps;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.KernelImages;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Boot;

/// <summary>Builds a PV domain: memory, the loaded kernel, its first vCPU's registers, event channels and grants.</summary>
/// <remarks>
/// Runs on the thread that makes the domain, before any other knows of it. Example: Debian's kernel with 512 MiB goes
/// through <see cref="PvLoader"/>, gets ports 1 (xenstore) and 2 (console), and starts at its ENTRY note.
/// </remarks>
public static class DomainBuilder
{
    private const ulong KibibytesPerPage = 4;
    private const ulong MaximumPages = 1UL << 30;

    /// <summary>Machine frame of the first RAM frame: a multiple of 2 MiB of machine memory, and not 0, for a reason of the engine's.</summary>
    /// <remarks>
    /// For each page table entry it reads, Linux looks into the machine-to-physical table and then into its own table of the other
    /// direction. Both begin at a multiple of 4 MiB and have 512 words a page; were frame n page n as well, both words would always lie in
    /// pages that share one slot of the engine's direct-mapped TLB, a multiple of 4 GiB apart. So the first table is 512 slots ahead.
    /// </remarks>
    internal const ulong FirstRamFrame = 512 * 512;

    /// <exception cref="KernelImageException">The kernel cannot run in a PV domain.</exception>
    /// <exception cref="DomainBuildException">The request cannot be met.</exception>
    public static BuiltDomain Build(DomainBuildRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        ulong pages = request.MemoryKiB / KibibytesPerPage;
        ulong mostPages = request.MaxMemoryKiB == 0 ? pages : request.MaxMemoryKiB / KibibytesPerPage;
        CheckMemory(pages, mostPages);

        FrameLayout layout = new(mostPages, FirstRamFrame);
        GuestMemory memory = new(layout.TotalFrames);
        Domain? domain = null;
        try
        {
            FrameTable frames = new(memory, layout);
            domain = new Domain(request.Settings with { SharedInfo = frames.AllocateXenFrame(FrameOwner.Shared) }, frames);
            return Fill(domain, request, pages);
        }
        catch
        {
            domain?.Dispose();
            memory.Dispose();
            throw;
        }
    }

    private static void CheckMemory(ulong pages, ulong mostPages)
    {
        if (pages == 0 || mostPages > MaximumPages)
        {
            throw new DomainBuildException(
                "memory-out-of-range",
                $"The domain's memory is {pages * KibibytesPerPage} KiB, at most {mostPages * KibibytesPerPage} KiB; " +
                $"{KibibytesPerPage} KiB to {MaximumPages * KibibytesPerPage} KiB were expected.");
        }

        if (mostPages < pages)
        {
            throw new DomainBuildException(
                "maxmem-below-memory",
                $"The domain's maximum memory, {mostPages * KibibytesPerPage} KiB, is below its memory, " +
                $"{pages * KibibytesPerPage} KiB.",
                "Raise maxmem, or leave it out.");
        }
    }

    private static BuiltDomain Fill(Domain domain, DomainBuildRequest request, ulong pages)
    {
        EventPort xenstorePort = domain.EventChannels.AllocateForBackend();
        EventPort consolePort = domain.EventChannels.AllocateForBackend();
        PvBootState boot = PvLoader.Load(domain.Frames, new PvBootRequest
        {
            Kernel = request.Kernel,
            Ramdisk = request.Ramdisk,
            CommandLine = request.CommandLine,
            Pages = pages,
            SharedInfo = domain.Settings.SharedInfo,
            ConsolePort = consolePort,
            XenstorePort = xenstorePort,
        });
        UsePageTables(domain, boot.Root);
        domain.Grants.SeedForBackend(BuiltDomain.ConsoleGrant, boot.Console);
        domain.Grants.SeedForBackend(BuiltDomain.XenstoreGrant, boot.Xenstore);
        SetRegisters(domain.Vcpus[0], boot);
        return new BuiltDomain(domain, domain.Memory, boot, consolePort, xenstorePort);
    }

    /// <summary>The tables are ours, so a refusal is our own mistake and no one else's.</summary>
    private static void UsePageTables(Domain domain, Mfn root)
    {
        XenError error = domain.PageTables.Pin(root, level: 4);
        if (error == XenError.None)
        {
            error = domain.PageTables.SetKernelRoot(domain.Vcpus[0].AddressSpace, root);
        }

        if (error != XenError.None)
        {
            throw new InvalidOperationException($"The initial page tables were refused: {error}.");
        }
    }

    /// <summary>As <c>vcpu_x86_64</c> of Xen's toolstack leaves them; all others are zero.</summary>
    private static void SetRegisters(Vcpu vcpu, PvBootState boot)
    {
        vcpu.Cpu.Mode = CpuMode.Kernel;
        ref CpuState state = ref vcpu.Cpu.State;
        state.Rip = boot.Entry;
        state.Rsp = boot.StackPointer;
        state.Rsi = boot.StartInfoAddress;
        state.Rflags = ProcessorFlags.Interrupt | ProcessorFlags.AlwaysOne;
        (state.Cs, state.Ss, state.LongMode) = (X86Selectors.Code64, X86Selectors.Stack, true);
        vcpu.KernelStackPointer = boot.StackPointer;
        vcpu.BringUp();
    }
}
