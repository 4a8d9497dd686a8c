// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Xen.Abi;

/// <summary>The low two bits of <c>mmu_update.ptr</c>, xen.h.</summary>
public enum MmuUpdateCommand
{
    /// <summary><c>MMU_NORMAL_PT_UPDATE</c></summary>
    Normal = 0,

    /// <summary><c>MMU_MACHPHYS_UPDATE</c></summary>
    MachineToPhysical = 1,

    /// <summary><c>MMU_PT_UPDATE_PRESERVE_AD</c></summary>
    PreserveAccessedDirty = 2,

    /// <summary><c>MMU_PT_UPDATE_NO_TRANSLATE</c></summary>
    NoTranslate = 3,
}

/// <summary><c>struct mmu_update</c>, xen.h. <c>__HYPERVISOR_mmu_update</c></summary>
[StructLayout(LayoutKind.Sequential)]
public struct MmuUpdateRequest
{
    /// <summary>Machine address of the entry; the low two bits are the <see cref="MmuUpdateCommand"/>.</summary>
    public ulong Pointer;

    public ulong Value;
}

/// <summary><c>enum mmuext_cmd</c>, xen.h.</summary>
public enum MmuExtendedCommand : uint
{
    /// <summary><c>MMUEXT_PIN_L1_TABLE</c></summary>
    PinLevel1 = 0,

    /// <summary><c>MMUEXT_PIN_L2_TABLE</c></summary>
    PinLevel2 = 1,

    /// <summary><c>MMUEXT_PIN_L3_TABLE</c></summary>
    PinLevel3 = 2,

    /// <summary><c>MMUEXT_PIN_L4_TABLE</c></summary>
    PinLevel4 = 3,

    /// <summary><c>MMUEXT_UNPIN_TABLE</c></summary>
    Unpin = 4,

    /// <summary><c>MMUEXT_NEW_BASEPTR</c></summary>
    NewBasePointer = 5,

    /// <summary><c>MMUEXT_TLB_FLUSH_LOCAL</c></summary>
    FlushLocal = 6,

    /// <summary><c>MMUEXT_INVLPG_LOCAL</c></summary>
    InvalidateLocal = 7,

    /// <summary><c>MMUEXT_TLB_FLUSH_MULTI</c></summary>
    FlushMulti = 8,

    /// <summary><c>MMUEXT_INVLPG_MULTI</c></summary>
    InvalidateMulti = 9,

    /// <summary><c>MMUEXT_TLB_FLUSH_ALL</c></summary>
    FlushAll = 10,

    /// <summary><c>MMUEXT_INVLPG_ALL</c></summary>
    InvalidateAll = 11,

    /// <summary><c>MMUEXT_FLUSH_CACHE</c></summary>
    FlushCache = 12,

    /// <summary><c>MMUEXT_SET_LDT</c></summary>
    SetLdt = 13,

    /// <summary><c>MMUEXT_NEW_USER_BASEPTR</c></summary>
    NewUserBasePointer = 15,

    /// <summary><c>MMUEXT_CLEAR_PAGE</c></summary>
    ClearPage = 16,

    /// <summary><c>MMUEXT_COPY_PAGE</c></summary>
    CopyPage = 17,

    /// <summary><c>MMUEXT_FLUSH_CACHE_GLOBAL</c></summary>
    FlushCacheGlobal = 18,

    /// <summary><c>MMUEXT_MARK_SUPER</c></summary>
    MarkSuperpage = 19,

    /// <summary><c>MMUEXT_UNMARK_SUPER</c></summary>
    UnmarkSuperpage = 20,
}

/// <summary><c>struct mmuext_op</c>, xen.h. <c>__HYPERVISOR_mmuext_op</c></summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
public struct MmuExtendedRequest
{
    [FieldOffset(0)] public MmuExtendedCommand Command;

    /// <summary><c>arg1</c>: a frame or a linear address.</summary>
    [FieldOffset(8)] public ulong Argument1;

    /// <summary><c>arg2</c>: a number of entries (32 bits), a pointer to a vCPU bitmap, or a source frame.</summary>
    [FieldOffset(16)] public ulong Argument2;
}

/// <summary><c>enum uvm_flags</c>, xen.h: what <c>__HYPERVISOR_update_va_mapping</c> flushes.</summary>
/// <remarks>The bits above <see cref="All"/> are a pointer to a vCPU bitmap.</remarks>
[Flags]
public enum UpdateVaMappingFlags : ulong
{
    /// <summary><c>UVMF_NONE</c>, <c>UVMF_LOCAL</c>, <c>UVMF_MULTI</c></summary>
    None = 0,

    /// <summary><c>UVMF_TLB_FLUSH</c></summary>
    FlushTlb = 1,

    /// <summary><c>UVMF_INVLPG</c></summary>
    InvalidatePage = 2,

    /// <summary><c>UVMF_FLUSHTYPE_MASK</c></summary>
    FlushTypeMask = 3,

    /// <summary><c>UVMF_ALL</c></summary>
    All = 4,
}
