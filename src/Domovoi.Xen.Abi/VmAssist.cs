// SPDX-License-Identifier: MIT
namespace Domovoi.Xen.Abi;

/// <summary><c>VMASST_CMD_*</c>, xen.h.</summary>
public enum VmAssistCommand : uint
{
    /// <summary><c>VMASST_CMD_enable</c></summary>
    Enable = 0,

    /// <summary><c>VMASST_CMD_disable</c></summary>
    Disable = 1,
}

/// <summary><c>VMASST_TYPE_*</c>, xen.h, as a mask of bits 1 &lt;&lt; type.</summary>
[Flags]
public enum VmAssists : uint
{
    None = 0,

    /// <summary><c>VMASST_TYPE_4gb_segments</c></summary>
    FourGigabyteSegments = 1 << 0,

    /// <summary><c>VMASST_TYPE_4gb_segments_notify</c></summary>
    FourGigabyteSegmentsNotify = 1 << 1,

    /// <summary><c>VMASST_TYPE_writable_pagetables</c></summary>
    WritablePageTables = 1 << 2,

    /// <summary><c>VMASST_TYPE_pae_extended_cr3</c></summary>
    PaeExtendedCr3 = 1 << 3,

    /// <summary><c>VMASST_TYPE_architectural_iopl</c></summary>
    ArchitecturalIopl = 1 << 4,

    /// <summary><c>VMASST_TYPE_runstate_update_flag</c></summary>
    RunstateUpdateFlag = 1 << 5,

    /// <summary>Those a 64-bit guest may enable (the kernel of Xen knows <c>VMASST_TYPE_m2p_strict</c>, type 32, besides).</summary>
    Known = FourGigabyteSegments | FourGigabyteSegmentsNotify | WritablePageTables | PaeExtendedCr3
        | ArchitecturalIopl | RunstateUpdateFlag,
}
