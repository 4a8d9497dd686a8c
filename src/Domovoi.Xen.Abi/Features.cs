// SPDX-License-Identifier: MIT
namespace Domovoi.Xen.Abi;

/// <summary><c>XENFEAT_*</c>, features.h: bit numbers.</summary>
public enum XenFeature
{
    /// <summary><c>XENFEAT_writable_page_tables</c></summary>
    WritablePageTables = 0,

    /// <summary><c>XENFEAT_writable_descriptor_tables</c></summary>
    WritableDescriptorTables = 1,

    /// <summary><c>XENFEAT_auto_translated_physmap</c></summary>
    AutoTranslatedPhysmap = 2,

    /// <summary><c>XENFEAT_supervisor_mode_kernel</c></summary>
    SupervisorModeKernel = 3,

    /// <summary><c>XENFEAT_pae_pgdir_above_4gb</c></summary>
    PaePgdirAbove4Gb = 4,

    /// <summary><c>XENFEAT_mmu_pt_update_preserve_ad</c></summary>
    MmuUpdatePreserveAccessedDirty = 5,

    /// <summary><c>XENFEAT_highmem_assist</c></summary>
    HighmemAssist = 6,

    /// <summary><c>XENFEAT_gnttab_map_avail_bits</c></summary>
    GrantMapAvailableBits = 7,

    /// <summary><c>XENFEAT_hvm_callback_vector</c></summary>
    HvmCallbackVector = 8,

    /// <summary><c>XENFEAT_hvm_safe_pvclock</c></summary>
    HvmSafePvclock = 9,

    /// <summary><c>XENFEAT_hvm_pirqs</c></summary>
    HvmPirqs = 10,

    /// <summary><c>XENFEAT_dom0</c></summary>
    Dom0 = 11,

    /// <summary><c>XENFEAT_grant_map_identity</c></summary>
    GrantMapIdentity = 12,

    /// <summary><c>XENFEAT_memory_op_vnode_supported</c></summary>
    MemoryOpVnode = 13,

    /// <summary><c>XENFEAT_ARM_SMCCC_supported</c></summary>
    ArmSmccc = 14,

    /// <summary><c>XENFEAT_linux_rsdp_unrestricted</c></summary>
    LinuxRsdpUnrestricted = 15,

    /// <summary><c>XENFEAT_not_direct_mapped</c></summary>
    NotDirectMapped = 16,

    /// <summary><c>XENFEAT_direct_mapped</c></summary>
    DirectMapped = 17,

    /// <summary><c>XENFEAT_runstate_phys_area</c></summary>
    RunstatePhysicalArea = 18,

    /// <summary><c>XENFEAT_vcpu_time_phys_area</c></summary>
    VcpuTimePhysicalArea = 19,
}
