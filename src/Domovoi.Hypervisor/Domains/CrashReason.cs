// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Domains;

/// <summary>Why the hypervisor ended a domain.</summary>
public enum CrashReason
{
    /// <summary>A trap, an event or a system call, and no handler registered for it.</summary>
    NoHandler,

    /// <summary>The guest's kernel stack cannot take the trap's frame.</summary>
    BadKernelStack,

    /// <summary><c>__HYPERVISOR_iret</c> with a frame that cannot be read, or to user mode without a user page table.</summary>
    BadInterruptReturn,

    /// <summary>The processor engine failed: ours, not the guest's.</summary>
    Internal,
}
