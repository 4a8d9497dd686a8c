// SPDX-License-Identifier: MIT
namespace Domovoi.Xen.Abi;

/// <summary>The CPUID leaves of Xen, arch-x86/cpuid.h.</summary>
public static class XenCpuid
{
    /// <summary><c>XEN_CPUID_FIRST_LEAF</c></summary>
    public const uint FirstLeaf = 0x4000_0000;

    /// <summary><c>XEN_CPUID_MAX_NUM_LEAVES</c>: the last leaf is <see cref="FirstLeaf"/> plus this.</summary>
    public const uint LeafCount = 5;

    /// <summary><c>XEN_CPUID_SIGNATURE_EBX</c>: "XenV"</summary>
    public const uint SignatureEbx = 0x566E_6558;

    /// <summary><c>XEN_CPUID_SIGNATURE_ECX</c>: "MMXe"</summary>
    public const uint SignatureEcx = 0x6558_4D4D;

    /// <summary><c>XEN_CPUID_SIGNATURE_EDX</c>: "nVMM"</summary>
    public const uint SignatureEdx = 0x4D4D_566E;

    /// <summary><c>XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD</c></summary>
    public const uint MmuUpdatePreserveAccessedDirty = 1;

    /// <summary>MSR that takes the hypercall page's address, announced in leaf 2.</summary>
    public const uint HypercallPageMsr = 0x4000_0000;
}
