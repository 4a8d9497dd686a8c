// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Xen.Abi;

/// <summary><c>PHYSDEVOP_*</c>, physdev.h.</summary>
public enum PhysdevCommand : uint
{
    /// <summary><c>PHYSDEVOP_irq_status_query</c></summary>
    IrqStatusQuery = 5,

    /// <summary><c>PHYSDEVOP_set_iopl</c></summary>
    SetIopl = 6,

    /// <summary><c>PHYSDEVOP_set_iobitmap</c></summary>
    SetIoBitmap = 7,

    /// <summary><c>PHYSDEVOP_apic_read</c></summary>
    ApicRead = 8,

    /// <summary><c>PHYSDEVOP_apic_write</c></summary>
    ApicWrite = 9,

    /// <summary><c>PHYSDEVOP_alloc_irq_vector</c></summary>
    AllocateIrqVector = 10,

    /// <summary><c>PHYSDEVOP_eoi</c></summary>
    Eoi = 12,

    /// <summary><c>PHYSDEVOP_map_pirq</c></summary>
    MapPirq = 13,

    /// <summary><c>PHYSDEVOP_unmap_pirq</c></summary>
    UnmapPirq = 14,

    /// <summary><c>PHYSDEVOP_pirq_eoi_gmfn_v1</c></summary>
    PirqEoiFrameV1 = 17,

    /// <summary><c>PHYSDEVOP_pirq_eoi_gmfn_v2</c></summary>
    PirqEoiFrameV2 = 28,
}

/// <summary><c>struct physdev_set_iopl</c></summary>
public struct PhysdevSetIopl
{
    public uint Iopl;
}

/// <summary><c>struct physdev_set_iobitmap</c></summary>
[StructLayout(LayoutKind.Sequential)]
public struct PhysdevSetIoBitmap
{
    /// <summary>Guest address of the bitmap; 0 allows nothing.</summary>
    public ulong Bitmap;
    public uint PortCount;
    private uint _padding;
}
