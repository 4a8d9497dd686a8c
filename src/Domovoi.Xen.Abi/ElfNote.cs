// SPDX-License-Identifier: MIT
namespace Domovoi.Xen.Abi;

/// <summary>The types of the ELF notes of owner <c>Xen</c>: <c>XEN_ELFNOTE_*</c>, elfnote.h.</summary>
public enum ElfNote : uint
{
    /// <summary><c>XEN_ELFNOTE_INFO</c></summary>
    Info = 0,

    /// <summary><c>XEN_ELFNOTE_ENTRY</c></summary>
    Entry = 1,

    /// <summary><c>XEN_ELFNOTE_HYPERCALL_PAGE</c></summary>
    HypercallPage = 2,

    /// <summary><c>XEN_ELFNOTE_VIRT_BASE</c></summary>
    VirtBase = 3,

    /// <summary><c>XEN_ELFNOTE_PADDR_OFFSET</c></summary>
    PaddrOffset = 4,

    /// <summary><c>XEN_ELFNOTE_XEN_VERSION</c></summary>
    XenVersion = 5,

    /// <summary><c>XEN_ELFNOTE_GUEST_OS</c></summary>
    GuestOs = 6,

    /// <summary><c>XEN_ELFNOTE_GUEST_VERSION</c></summary>
    GuestVersion = 7,

    /// <summary><c>XEN_ELFNOTE_LOADER</c></summary>
    Loader = 8,

    /// <summary><c>XEN_ELFNOTE_PAE_MODE</c></summary>
    PaeMode = 9,

    /// <summary><c>XEN_ELFNOTE_FEATURES</c></summary>
    Features = 10,

    /// <summary><c>XEN_ELFNOTE_BSD_SYMTAB</c></summary>
    BsdSymtab = 11,

    /// <summary><c>XEN_ELFNOTE_HV_START_LOW</c></summary>
    HvStartLow = 12,

    /// <summary><c>XEN_ELFNOTE_L1_MFN_VALID</c></summary>
    L1MfnValid = 13,

    /// <summary><c>XEN_ELFNOTE_SUSPEND_CANCEL</c></summary>
    SuspendCancel = 14,

    /// <summary><c>XEN_ELFNOTE_INIT_P2M</c></summary>
    InitP2m = 15,

    /// <summary><c>XEN_ELFNOTE_MOD_START_PFN</c></summary>
    ModStartPfn = 16,

    /// <summary><c>XEN_ELFNOTE_SUPPORTED_FEATURES</c></summary>
    SupportedFeatures = 17,

    /// <summary><c>XEN_ELFNOTE_PHYS32_ENTRY</c></summary>
    Phys32Entry = 18,

    /// <summary><c>XEN_ELFNOTE_PHYS32_RELOC</c></summary>
    Phys32Reloc = 19,
}
