// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Xen.Abi;

/// <summary><c>struct vcpu_info</c> of a 64-bit x86 guest, xen.h: byte offsets.</summary>
public static class VcpuInfo
{
    /// <summary>Bytes.</summary>
    public const int Size = 64;

    /// <summary><c>evtchn_upcall_pending</c>, a byte.</summary>
    public const int UpcallPending = 0;

    /// <summary><c>evtchn_upcall_mask</c>, a byte.</summary>
    public const int UpcallMask = 1;

    /// <summary><c>evtchn_pending_sel</c></summary>
    public const int PendingSelector = 8;

    /// <summary><c>arch.cr2</c></summary>
    public const int Cr2 = 16;

    /// <summary><c>time</c>: a <see cref="VcpuTimeInfo"/>.</summary>
    public const int Time = 32;
}

/// <summary><c>struct vcpu_time_info</c>, xen.h.</summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
public struct VcpuTimeInfo
{
    /// <summary>Bytes.</summary>
    public const int Size = 32;

    /// <summary><c>XEN_PVCLOCK_TSC_STABLE_BIT</c></summary>
    public const byte TscStableFlag = 1;

    /// <summary>Odd while the rest changes.</summary>
    public uint Version;
    public uint Padding0;
    public ulong TscTimestamp;

    /// <summary>Nanoseconds since boot at <see cref="TscTimestamp"/>.</summary>
    public ulong SystemTime;
    public uint TscToSystemMultiplier;
    public sbyte TscShift;
    public byte Flags;
    public ushort Padding1;
}
