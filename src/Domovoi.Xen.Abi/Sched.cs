// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Xen.Abi;

/// <summary><c>SCHEDOP_*</c>, sched.h.</summary>
public enum SchedCommand : uint
{
    /// <summary><c>SCHEDOP_yield</c></summary>
    Yield = 0,

    /// <summary><c>SCHEDOP_block</c></summary>
    Block = 1,

    /// <summary><c>SCHEDOP_shutdown</c></summary>
    Shutdown = 2,

    /// <summary><c>SCHEDOP_poll</c></summary>
    Poll = 3,

    /// <summary><c>SCHEDOP_remote_shutdown</c></summary>
    RemoteShutdown = 4,

    /// <summary><c>SCHEDOP_shutdown_code</c></summary>
    ShutdownCode = 5,

    /// <summary><c>SCHEDOP_watchdog</c></summary>
    Watchdog = 6,

    /// <summary><c>SCHEDOP_pin_override</c></summary>
    PinOverride = 7,
}

/// <summary><c>SHUTDOWN_*</c></summary>
public enum ShutdownReason : uint
{
    /// <summary><c>SHUTDOWN_poweroff</c></summary>
    PowerOff = 0,

    /// <summary><c>SHUTDOWN_reboot</c></summary>
    Reboot = 1,

    /// <summary><c>SHUTDOWN_suspend</c></summary>
    Suspend = 2,

    /// <summary><c>SHUTDOWN_crash</c></summary>
    Crash = 3,

    /// <summary><c>SHUTDOWN_watchdog</c></summary>
    Watchdog = 4,

    /// <summary><c>SHUTDOWN_soft_reset</c></summary>
    SoftReset = 5,
}

/// <summary><c>struct sched_shutdown</c></summary>
public struct SchedShutdown
{
    public ShutdownReason Reason;
}

/// <summary><c>struct sched_poll</c></summary>
[StructLayout(LayoutKind.Sequential)]
public struct SchedPoll
{
    /// <summary>Guest address of <see cref="PortCount"/> words of <c>evtchn_port_t</c>.</summary>
    public ulong Ports;
    public uint PortCount;
    public uint Padding;

    /// <summary>Absolute system time; 0 waits for ever.</summary>
    public ulong Timeout;
}

/// <summary><c>struct sched_watchdog</c></summary>
public struct SchedWatchdog
{
    public uint Id;
    public uint Timeout;
}
