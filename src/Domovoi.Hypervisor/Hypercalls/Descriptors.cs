// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Domovoi.Hypervisor.PvMmu;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary><c>__HYPERVISOR_set_gdt</c> and <c>__HYPERVISOR_update_descriptor</c></summary>
internal static class Descriptors
{
    private const int EntriesPerFrame = 512;

    /// <summary><c>__HYPERVISOR_set_gdt</c></summary>
    internal static long SetGdt(Vcpu caller, in HypercallArguments arguments)
    {
        uint entries = (uint)arguments.A1;
        if (entries > X86Selectors.FirstReservedGdtEntry)
        {
            return (long)XenError.InvalidArgument;
        }

        Span<Mfn> frames = stackalloc Mfn[((int)entries + EntriesPerFrame - 1) / EntriesPerFrame];
        return (long)(caller.TryRead(arguments.A0, MemoryMarshal.AsBytes(frames))
            ? DescriptorFrames.SetGdt(caller.Domain.Frames, caller.Descriptors, frames, (int)entries)
            : XenError.BadAddress);
    }

    /// <summary><c>__HYPERVISOR_update_descriptor</c></summary>
    internal static long Update(Vcpu caller, in HypercallArguments arguments) =>
        (long)DescriptorFrames.Update(caller.Domain.Frames, new PhysicalAddress(arguments.A0), arguments.A1);
}
