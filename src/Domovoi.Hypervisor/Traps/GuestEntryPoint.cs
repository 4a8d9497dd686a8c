// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Traps;

/// <summary>A guest handler.</summary>
/// <param name="Address">0 when there is none.</param>
/// <param name="MasksEvents">Entered with <c>evtchn_upcall_mask</c> set.</param>
public readonly record struct GuestEntryPoint(ulong Address, bool MasksEvents);
