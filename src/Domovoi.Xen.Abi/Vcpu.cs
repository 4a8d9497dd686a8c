// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Xen.Abi;

/// <summary><c>VCPUOP_*</c>, vcpu.h.</summary>
public enum VcpuCommand : uint
{
    /// <summary><c>VCPUOP_initialise</c>: <c>struct vcpu_guest_context</c>.</summary>
    Initialise = 0,

    /// <summary><c>VCPUOP_up</c></summary>
    Up = 1,

    /// <summary><c>VCPUOP_down</c></summary>
    Down = 2,

    /// <summary><c>VCPUOP_is_up</c></summary>
    IsUp = 3,

    /// <summary><c>VCPUOP_get_runstate_info</c></summary>
    GetRunstate = 4,

    /// <summary><c>VCPUOP_register_runstate_memory_area</c></summary>
    RegisterRunstateArea = 5,

    /// <summary><c>VCPUOP_set_periodic_timer</c></summary>
    SetPeriodicTimer = 6,

    /// <summary><c>VCPUOP_stop_periodic_timer</c></summary>
    StopPeriodicTimer = 7,

    /// <summary><c>VCPUOP_set_singleshot_timer</c></summary>
    SetSingleshotTimer = 8,

    /// <summary><c>VCPUOP_stop_singleshot_timer</c></summary>
    StopSingleshotTimer = 9,

    /// <summary><c>VCPUOP_register_vcpu_info</c></summary>
    RegisterVcpuInfo = 10,

    /// <summary><c>VCPUOP_send_nmi</c></summary>
    SendNmi = 11,

    /// <summary><c>VCPUOP_get_physid</c></summary>
    GetPhysicalId = 12,

    /// <summary><c>VCPUOP_register_vcpu_time_memory_area</c></summary>
    RegisterTimeArea = 13,

    /// <summary><c>VCPUOP_register_runstate_phys_area</c></summary>
    RegisterRunstatePhysicalArea = 14,

    /// <summary><c>VCPUOP_register_vcpu_time_phys_area</c></summary>
    RegisterTimePhysicalArea = 15,
}

/// <summary><c>RUNSTATE_*</c></summary>
public enum RunstateKind
{
    /// <summary><c>RUNSTATE_running</c></summary>
    Running = 0,

    /// <summary><c>RUNSTATE_runnable</c></summary>
    Runnable = 1,

    /// <summary><c>RUNSTATE_blocked</c></summary>
    Blocked = 2,

    /// <summary><c>RUNSTATE_offline</c></summary>
    Offline = 3,
}

/// <summary><c>struct vcpu_runstate_info</c></summary>
public struct VcpuRunstate
{
    /// <summary><c>XEN_RUNSTATE_UPDATE</c>: set in <see cref="StateEntryTime"/> while the other members change.</summary>
    public const ulong UpdateFlag = 1UL << 63;

    /// <summary><see cref="RunstateKind"/></summary>
    public int State;
    public int Padding;
    public ulong StateEntryTime;
    public ulong TimeRunning;
    public ulong TimeRunnable;
    public ulong TimeBlocked;
    public ulong TimeOffline;
}

/// <summary><c>struct vcpu_set_singleshot_timer</c></summary>
[StructLayout(LayoutKind.Sequential)]
public struct VcpuSetSingleshotTimer
{
    /// <summary><c>VCPU_SSHOTTMR_future</c>: a time already past is an error.</summary>
    public const uint FutureFlag = 1;

    /// <summary>Absolute system time in nanoseconds.</summary>
    public ulong TimeoutAbsolute;
    public uint Flags;
    public uint Padding;
}

/// <summary><c>struct vcpu_register_vcpu_info</c></summary>
public struct VcpuRegisterVcpuInfo
{
    public ulong Mfn;
    public uint Offset;
    public uint Reserved;
}
