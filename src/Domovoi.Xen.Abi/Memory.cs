// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Xen.Abi;

/// <summary>Sub-operations of <c>__HYPERVISOR_memory_op</c>, memory.h: the low six bits of the command.</summary>
public enum MemoryCommand : uint
{
    /// <summary><c>XENMEM_increase_reservation</c></summary>
    IncreaseReservation = 0,

    /// <summary><c>XENMEM_decrease_reservation</c></summary>
    DecreaseReservation = 1,

    /// <summary><c>XENMEM_maximum_ram_page</c></summary>
    MaximumRamPage = 2,

    /// <summary><c>XENMEM_current_reservation</c></summary>
    CurrentReservation = 3,

    /// <summary><c>XENMEM_maximum_reservation</c></summary>
    MaximumReservation = 4,

    /// <summary><c>XENMEM_machphys_mfn_list</c></summary>
    MachphysMfnList = 5,

    /// <summary><c>XENMEM_populate_physmap</c></summary>
    PopulatePhysmap = 6,

    /// <summary><c>XENMEM_add_to_physmap</c></summary>
    AddToPhysmap = 7,

    /// <summary><c>XENMEM_memory_map</c></summary>
    MemoryMap = 9,

    /// <summary><c>XENMEM_machine_memory_map</c></summary>
    MachineMemoryMap = 10,

    /// <summary><c>XENMEM_exchange</c></summary>
    Exchange = 11,

    /// <summary><c>XENMEM_machphys_mapping</c></summary>
    MachphysMapping = 12,

    /// <summary><c>XENMEM_set_memory_map</c></summary>
    SetMemoryMap = 13,

    /// <summary><c>XENMEM_maximum_gpfn</c></summary>
    MaximumGpfn = 14,

    /// <summary><c>XENMEM_remove_from_physmap</c></summary>
    RemoveFromPhysmap = 15,

    /// <summary><c>XENMEM_set_pod_target</c></summary>
    SetPodTarget = 16,

    /// <summary><c>XENMEM_get_pod_target</c></summary>
    GetPodTarget = 17,

    /// <summary><c>XENMEM_add_to_physmap_batch</c></summary>
    AddToPhysmapBatch = 23,

    /// <summary><c>XENMEM_claim_pages</c></summary>
    ClaimPages = 24,

    /// <summary><c>XENMEM_machphys_compat_mfn_list</c></summary>
    MachphysCompatMfnList = 25,

    /// <summary><c>XENMEM_get_vnumainfo</c></summary>
    GetVnumaInfo = 26,
}

/// <summary><c>struct xen_memory_reservation</c>, memory.h.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
public struct XenMemoryReservation
{
    /// <summary>Linear address of a list of frame numbers; may be null for an increase.</summary>
    [FieldOffset(0)] public ulong ExtentStart;
    [FieldOffset(8)] public ulong ExtentCount;

    /// <summary>log2 of the frames in one extent.</summary>
    [FieldOffset(16)] public uint ExtentOrder;
    [FieldOffset(20)] public uint Flags;
    [FieldOffset(24)] public DomainId Domain;
}

/// <summary><c>struct xen_memory_exchange</c>. <c>XENMEM_exchange</c></summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
public struct XenMemoryExchange
{
    [FieldOffset(0)] public XenMemoryReservation In;
    [FieldOffset(32)] public XenMemoryReservation Out;

    /// <summary>In and out: must be zero at first.</summary>
    [FieldOffset(64)] public ulong ExchangedCount;
}

/// <summary><c>struct xen_machphys_mfn_list</c>. <c>XENMEM_machphys_mfn_list</c></summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
public struct XenMachphysMfnList
{
    [FieldOffset(0)] public uint MaximumExtents;
    [FieldOffset(8)] public ulong ExtentStart;
    [FieldOffset(16)] public uint ExtentCount;
}

/// <summary><c>struct xen_machphys_mapping</c>. <c>XENMEM_machphys_mapping</c></summary>
[StructLayout(LayoutKind.Sequential)]
public struct XenMachphysMapping
{
    public ulong Start;
    public ulong End;
    public ulong MaximumFrame;
}

/// <summary><c>struct xen_memory_map</c>. <c>XENMEM_memory_map</c></summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
public struct XenMemoryMap
{
    [FieldOffset(0)] public uint EntryCount;
    [FieldOffset(8)] public ulong Buffer;
}

/// <summary>One entry of the e820 map, as the BIOS call returns it.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct E820Entry
{
    /// <summary>Bytes.</summary>
    public const int Size = 20;

    /// <summary>Type of usable RAM.</summary>
    public const uint Ram = 1;

    public ulong Address;
    public ulong Length;
    public uint Type;
}
