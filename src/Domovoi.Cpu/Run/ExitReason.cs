// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Run;

/// <summary>Why <see cref="VirtualCpu.Run"/> came back: everything that is not the processor's own business.</summary>
public enum ExitReason
{
    /// <summary>Another thread called <see cref="VirtualCpu.Kick"/>. State is between two instructions.</summary>
    Interrupted,

    /// <summary>
    /// The guest executed SYSCALL. RIP is behind it; RCX and R11 still hold the guest's values, and
    /// <see cref="ExitDetails.NextRip"/> equals RIP.
    /// </summary>
    Syscall,

    /// <summary>The guest executed SYSENTER. RIP is at the instruction.</summary>
    Sysenter,

    /// <summary>
    /// A fault or trap: <see cref="ExitDetails.Vector"/>, <see cref="ExitDetails.ErrorCode"/> and, for #PF,
    /// <see cref="ExitDetails.FaultAddress"/>. For a fault RIP is at the instruction; for a trap (#DB) behind it.
    /// </summary>
    Exception,

    /// <summary>INT n, INT3, INTO or INT1: <see cref="ExitDetails.Vector"/>. RIP is at the instruction.</summary>
    SoftwareInterrupt,

    /// <summary>
    /// An instruction that only the machine's owner can give a meaning to: <see cref="ExitDetails.Operation"/> and its operands.
    /// RIP is at the instruction; finish with <see cref="VirtualCpu.Complete"/> or <see cref="VirtualCpu.Skip"/>.
    /// </summary>
    Privileged,
}
