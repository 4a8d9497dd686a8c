// SPDX-License-Identifier: MIT
using Domovoi.Cpu;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.PvMmu;

/// <summary>The top-level page tables one processor uses; each holds a reference on its frame.</summary>
public sealed class AddressSpace
{
    internal AddressSpace(VirtualCpu cpu, int index)
    {
        Cpu = cpu;
        Index = index;
    }

    public VirtualCpu Cpu { get; }

    /// <summary>The processor's number: its bit in the guest's vCPU bitmaps.</summary>
    public int Index { get; }

    /// <summary>CR3 of the guest's kernel; <see cref="Mfn.Invalid"/> before the first.</summary>
    public Mfn KernelRoot { get; internal set; } = Mfn.Invalid;

    /// <summary><c>MMUEXT_NEW_USER_BASEPTR</c>; <see cref="Mfn.Invalid"/> while there is none.</summary>
    public Mfn UserRoot { get; internal set; } = Mfn.Invalid;

    /// <summary>What <see cref="Domovoi.Hypervisor.Frames.StaleTranslations.Changes"/> was when this processor last forgot what had changed.</summary>
    internal uint SeenChanges { get; set; }

    /// <summary>What <see cref="Domovoi.Hypervisor.Frames.StaleTranslations.Flushes"/> became when this processor last flushed.</summary>
    internal uint FlushedAt { get; set; }

    /// <summary>Without a table of its own, user mode cannot be entered.</summary>
    public bool HasUserRoot => UserRoot != Mfn.Invalid;
}
