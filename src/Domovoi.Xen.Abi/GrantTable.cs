// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Xen.Abi;

/// <summary>Sub-operations of <c>__HYPERVISOR_grant_table_op</c>, grant_table.h.</summary>
public enum GrantTableCommand : uint
{
    /// <summary><c>GNTTABOP_map_grant_ref</c></summary>
    Map = 0,

    /// <summary><c>GNTTABOP_unmap_grant_ref</c></summary>
    Unmap = 1,

    /// <summary><c>GNTTABOP_setup_table</c></summary>
    SetupTable = 2,

    /// <summary><c>GNTTABOP_dump_table</c></summary>
    DumpTable = 3,

    /// <summary><c>GNTTABOP_transfer</c></summary>
    Transfer = 4,

    /// <summary><c>GNTTABOP_copy</c></summary>
    Copy = 5,

    /// <summary><c>GNTTABOP_query_size</c></summary>
    QuerySize = 6,

    /// <summary><c>GNTTABOP_unmap_and_replace</c></summary>
    UnmapAndReplace = 7,

    /// <summary><c>GNTTABOP_set_version</c></summary>
    SetVersion = 8,

    /// <summary><c>GNTTABOP_get_status_frames</c></summary>
    GetStatusFrames = 9,

    /// <summary><c>GNTTABOP_get_version</c></summary>
    GetVersion = 10,

    /// <summary><c>GNTTABOP_swap_grant_ref</c></summary>
    SwapGrantRef = 11,

    /// <summary><c>GNTTABOP_cache_flush</c></summary>
    CacheFlush = 12,
}

/// <summary><c>GNTST_*</c>: how one grant operation went, grant_table.h.</summary>
public enum GrantStatus : short
{
    /// <summary><c>GNTST_okay</c></summary>
    Okay = 0,

    /// <summary><c>GNTST_general_error</c></summary>
    GeneralError = -1,

    /// <summary><c>GNTST_bad_domain</c></summary>
    BadDomain = -2,

    /// <summary><c>GNTST_bad_gntref</c></summary>
    BadReference = -3,

    /// <summary><c>GNTST_bad_handle</c></summary>
    BadHandle = -4,

    /// <summary><c>GNTST_bad_virt_addr</c></summary>
    BadVirtualAddress = -5,

    /// <summary><c>GNTST_bad_dev_addr</c></summary>
    BadDeviceAddress = -6,

    /// <summary><c>GNTST_no_device_space</c></summary>
    NoDeviceSpace = -7,

    /// <summary><c>GNTST_permission_denied</c></summary>
    PermissionDenied = -8,

    /// <summary><c>GNTST_bad_page</c></summary>
    BadPage = -9,

    /// <summary><c>GNTST_bad_copy_arg</c></summary>
    BadCopyArgument = -10,

    /// <summary><c>GNTST_address_too_big</c></summary>
    AddressTooBig = -11,

    /// <summary><c>GNTST_eagain</c></summary>
    TryAgain = -12,

    /// <summary><c>GNTST_no_space</c></summary>
    NoSpace = -13,
}

/// <summary><c>GTF_*</c>: the flags of a grant entry, grant_table.h.</summary>
[Flags]
public enum GrantFlags : ushort
{
    /// <summary><c>GTF_invalid</c></summary>
    Invalid = 0,

    /// <summary><c>GTF_permit_access</c></summary>
    PermitAccess = 1,

    /// <summary><c>GTF_accept_transfer</c></summary>
    AcceptTransfer = 2,

    /// <summary><c>GTF_transitive</c></summary>
    Transitive = 3,

    /// <summary><c>GTF_type_mask</c></summary>
    TypeMask = 3,

    /// <summary><c>GTF_readonly</c></summary>
    ReadOnly = 1 << 2,

    /// <summary><c>GTF_reading</c>: set by the hypervisor while the frame is mapped.</summary>
    Reading = 1 << 3,

    /// <summary><c>GTF_writing</c>: set by the hypervisor while the frame is mapped writable.</summary>
    Writing = 1 << 4,

    /// <summary><c>GTF_sub_page</c></summary>
    SubPage = 1 << 8,
}

/// <summary><c>struct grant_entry_v1</c>, grant_table.h.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct GrantEntryV1
{
    /// <summary>Bytes.</summary>
    public const int Size = 8;

    public GrantFlags Flags;
    public DomainId Domain;
    public uint Frame;
}

/// <summary><c>union grant_entry_v2</c>, grant_table.h: three forms with one head.</summary>
/// <remarks>
/// <code>
///        0      2      4          6        8
/// full   flags  domid  -          -        frame
/// part   flags  domid  page_off   length   frame          (GTF_sub_page)
/// trans  flags  domid  trans_domid  -      gref           (GTF_transitive)
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = Size)]
public struct GrantEntryV2
{
    /// <summary>Bytes.</summary>
    public const int Size = 16;

    [FieldOffset(0)] public GrantFlags Flags;
    [FieldOffset(2)] public DomainId Domain;
    [FieldOffset(4)] public ushort PageOffset;
    [FieldOffset(6)] public ushort Length;
    [FieldOffset(8)] public ulong Frame;
    [FieldOffset(4)] public DomainId TransitiveDomain;
    [FieldOffset(8)] public GrantRef TransitiveReference;
}

/// <summary><c>GNTMAP_*</c>, grant_table.h.</summary>
[Flags]
public enum GrantMapFlags : uint
{
    /// <summary><c>GNTMAP_device_map</c></summary>
    DeviceMap = 1 << 0,

    /// <summary><c>GNTMAP_host_map</c></summary>
    HostMap = 1 << 1,

    /// <summary><c>GNTMAP_readonly</c></summary>
    ReadOnly = 1 << 2,

    /// <summary><c>GNTMAP_application_map</c></summary>
    ApplicationMap = 1 << 3,

    /// <summary><c>GNTMAP_contains_pte</c></summary>
    ContainsPageTableEntry = 1 << 4,
}

/// <summary><c>struct gnttab_map_grant_ref</c>. <c>GNTTABOP_map_grant_ref</c></summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
public struct GnttabMapGrantRef
{
    [FieldOffset(0)] public ulong HostAddress;
    [FieldOffset(8)] public GrantMapFlags Flags;
    [FieldOffset(12)] public GrantRef Reference;
    [FieldOffset(16)] public DomainId Domain;
    [FieldOffset(18)] public GrantStatus Status;
    [FieldOffset(20)] public uint Handle;
    [FieldOffset(24)] public ulong DeviceBusAddress;
}

/// <summary><c>struct gnttab_unmap_grant_ref</c>. <c>GNTTABOP_unmap_grant_ref</c></summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
public struct GnttabUnmapGrantRef
{
    [FieldOffset(0)] public ulong HostAddress;
    [FieldOffset(8)] public ulong DeviceBusAddress;
    [FieldOffset(16)] public uint Handle;
    [FieldOffset(20)] public GrantStatus Status;
}

/// <summary><c>struct gnttab_unmap_and_replace</c>. <c>GNTTABOP_unmap_and_replace</c></summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
public struct GnttabUnmapAndReplace
{
    [FieldOffset(0)] public ulong HostAddress;
    [FieldOffset(8)] public ulong NewAddress;
    [FieldOffset(16)] public uint Handle;
    [FieldOffset(20)] public GrantStatus Status;
}

/// <summary><c>struct gnttab_setup_table</c>. <c>GNTTABOP_setup_table</c></summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
public struct GnttabSetupTable
{
    [FieldOffset(0)] public DomainId Domain;
    [FieldOffset(4)] public uint FrameCount;
    [FieldOffset(8)] public GrantStatus Status;
    [FieldOffset(16)] public ulong FrameList;
}

/// <summary><c>struct gnttab_transfer</c>. <c>GNTTABOP_transfer</c></summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
public struct GnttabTransfer
{
    [FieldOffset(0)] public ulong Frame;
    [FieldOffset(8)] public DomainId Domain;
    [FieldOffset(12)] public GrantRef Reference;
    [FieldOffset(16)] public GrantStatus Status;
}

/// <summary><c>struct gnttab_copy_ptr</c>: one side of a copy.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
public struct GnttabCopyPointer
{
    [FieldOffset(0)] public GrantRef Reference;
    [FieldOffset(0)] public ulong Frame;
    [FieldOffset(8)] public DomainId Domain;
    [FieldOffset(10)] public ushort Offset;
}

/// <summary><c>GNTCOPY_*</c>: which side of a copy is a grant reference.</summary>
[Flags]
public enum GrantCopyFlags : ushort
{
    /// <summary><c>GNTCOPY_source_gref</c></summary>
    SourceIsReference = 1,

    /// <summary><c>GNTCOPY_dest_gref</c></summary>
    DestinationIsReference = 2,
}

/// <summary><c>struct gnttab_copy</c>. <c>GNTTABOP_copy</c></summary>
[StructLayout(LayoutKind.Explicit, Size = 40)]
public struct GnttabCopy
{
    [FieldOffset(0)] public GnttabCopyPointer Source;
    [FieldOffset(16)] public GnttabCopyPointer Destination;
    [FieldOffset(32)] public ushort Length;
    [FieldOffset(34)] public GrantCopyFlags Flags;
    [FieldOffset(36)] public GrantStatus Status;
}

/// <summary><c>struct gnttab_query_size</c>. <c>GNTTABOP_query_size</c></summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
public struct GnttabQuerySize
{
    [FieldOffset(0)] public DomainId Domain;
    [FieldOffset(4)] public uint FrameCount;
    [FieldOffset(8)] public uint MaximumFrameCount;
    [FieldOffset(12)] public GrantStatus Status;
}

/// <summary><c>struct gnttab_get_status_frames</c>. <c>GNTTABOP_get_status_frames</c></summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
public struct GnttabGetStatusFrames
{
    [FieldOffset(0)] public uint FrameCount;
    [FieldOffset(4)] public DomainId Domain;
    [FieldOffset(6)] public GrantStatus Status;
    [FieldOffset(8)] public ulong FrameList;
}

/// <summary><c>struct gnttab_get_version</c>. <c>GNTTABOP_get_version</c></summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
public struct GnttabGetVersion
{
    [FieldOffset(0)] public DomainId Domain;
    [FieldOffset(4)] public uint Version;
}

/// <summary><c>struct gnttab_swap_grant_ref</c>. <c>GNTTABOP_swap_grant_ref</c></summary>
[StructLayout(LayoutKind.Explicit, Size = 12)]
public struct GnttabSwapGrantRef
{
    [FieldOffset(0)] public GrantRef First;
    [FieldOffset(4)] public GrantRef Second;
    [FieldOffset(8)] public GrantStatus Status;
}
