// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Mmu;

/// <summary>How the machine's owner wants four-level page tables (SDM 3A §4.5) to be read.</summary>
/// <param name="IgnoreUserBit">The U/S bit of an entry is not looked at: both modes may use every present entry.</param>
/// <param name="ReservedFirstSlot">First top-level slot that is never taken from the guest's own table.</param>
/// <param name="ReservedLastSlot">Last such slot.</param>
/// <param name="ReservedRoot">Frame of the top-level table that serves these slots in kernel mode, read-only; user mode finds nothing there.</param>
public sealed record PagingPolicy(
    bool IgnoreUserBit, int ReservedFirstSlot, int ReservedLastSlot, ulong ReservedRoot);
