// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Traps;

/// <summary>Where the guest wants to be entered: its trap table and callbacks.</summary>
public sealed class GuestEntryPoints
{
    private readonly TrapInfo[] _traps = new TrapInfo[256];

    /// <summary><c>CALLBACKTYPE_event</c>; always entered with events masked.</summary>
    public ulong Event { get; set; }

    /// <summary><c>CALLBACKTYPE_failsafe</c></summary>
    public GuestEntryPoint Failsafe { get; set; }

    /// <summary><c>CALLBACKTYPE_syscall</c></summary>
    public GuestEntryPoint Syscall { get; set; }

    /// <summary><c>CALLBACKTYPE_syscall32</c></summary>
    public GuestEntryPoint Syscall32 { get; set; }

    /// <summary><c>CALLBACKTYPE_sysenter</c></summary>
    public GuestEntryPoint Sysenter { get; set; }

    /// <summary>The handler of a vector; address 0 means none.</summary>
    public GuestEntryPoint Trap(byte vector) =>
        new(_traps[vector].Address, (_traps[vector].Flags & TrapInfo.MaskEventsFlag) != 0);

    /// <summary>The least privileged ring that may use INT n for a vector.</summary>
    public int PrivilegeLevel(byte vector) => _traps[vector].Flags & TrapInfo.DplMask;

    /// <summary>Sets one entry of the trap table.</summary>
    public void SetTrap(in TrapInfo trap) => _traps[trap.Vector] = trap;

    /// <summary>Forgets one vector's handler.</summary>
    public void ClearTrap(byte vector) => _traps[vector] = default;

    /// <summary>Forgets every handler of the trap table.</summary>
    public void ClearTraps() => Array.Clear(_traps);
}
