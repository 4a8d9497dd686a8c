// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Registry;

/// <summary>Why a domain ended: <c>SHUTDOWN_*</c> of sched.h, and what can happen besides.</summary>
public enum EndReason
{
    /// <summary><c>SHUTDOWN_poweroff</c></summary>
    PowerOff,

    /// <summary><c>SHUTDOWN_reboot</c>, with <c>on_reboot="destroy"</c> or after it.</summary>
    Reboot,

    /// <summary><c>SHUTDOWN_suspend</c></summary>
    Suspend,

    /// <summary><c>SHUTDOWN_crash</c>: the guest's kernel gave up.</summary>
    Crash,

    /// <summary><c>SHUTDOWN_watchdog</c></summary>
    Watchdog,

    /// <summary><c>SHUTDOWN_soft_reset</c></summary>
    SoftReset,

    /// <summary><c>dom destroy</c>, or SIGTERM to the domain's process.</summary>
    Destroyed,

    /// <summary>The guest did what its hardware could not survive.</summary>
    DomainCrash,

    /// <summary>The host or Domovoi itself failed.</summary>
    HostFailure,
}
