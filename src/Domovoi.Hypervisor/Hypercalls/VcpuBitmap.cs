// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Vcpus;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary>The bitmaps by which a guest names several of its vCPUs.</summary>
internal static class VcpuBitmap
{
    /// <summary>Every vCPU.</summary>
    public const ulong All = ulong.MaxValue;

    /// <summary>The caller alone.</summary>
    public static ulong Only(Vcpu caller) => 1UL << caller.Id;

    /// <summary>Reads the word that holds every vCPU a domain can have here.</summary>
    public static bool TryRead(Vcpu caller, ulong pointer, out ulong bits) => caller.TryRead(pointer, out bits);
}
