// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Run;

/// <summary>What becomes of a SYSCALL that <see cref="VirtualCpu.OnSyscall"/> was asked about.</summary>
public enum SyscallAnswer
{
    /// <summary>Nothing was done: <see cref="VirtualCpu.Run"/> returns <see cref="ExitReason.Syscall"/>.</summary>
    Leave,

    /// <summary>It is done, and guest code runs on at RIP.</summary>
    GoOn,

    /// <summary>It is done, and <see cref="VirtualCpu.Run"/> returns <see cref="ExitReason.Interrupted"/>.</summary>
    Interrupt,
}
