// SPDX-License-Identifier: MIT
namespace Domovoi.Xen.Abi;

/// <summary>The part of a 64-bit guest's address space that Xen keeps, arch-x86/xen-x86_64.h.</summary>
public static class X86Addresses
{
    /// <summary><c>HYPERVISOR_VIRT_START</c>, and <c>__MACH2PHYS_VIRT_START</c>.</summary>
    public const ulong HypervisorStart = 0xFFFF_8000_0000_0000;

    /// <summary><c>HYPERVISOR_VIRT_END</c>: the first byte behind.</summary>
    public const ulong HypervisorEnd = 0xFFFF_8800_0000_0000;

    /// <summary><c>MACH2PHYS_VIRT_START</c></summary>
    public const ulong MachineToPhysicalStart = 0xFFFF_8000_0000_0000;

    /// <summary><c>MACH2PHYS_VIRT_END</c></summary>
    public const ulong MachineToPhysicalEnd = 0xFFFF_8040_0000_0000;

    /// <summary>First top-level slot of the range.</summary>
    public const int FirstReservedSlot = 256;

    /// <summary>Last top-level slot of the range.</summary>
    public const int LastReservedSlot = 271;

    /// <summary>Whether bits 63 to 47 are equal.</summary>
    public static bool IsCanonical(ulong linear) => (ulong)((long)(linear << 16) >> 16) == linear;

    /// <summary>Whether an address lies in the range kept by Xen.</summary>
    public static bool IsReserved(ulong linear) => linear is >= HypervisorStart and < HypervisorEnd;
}
