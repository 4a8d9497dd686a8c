// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.CodeCache;

/// <summary>Why translated code returned to the run loop. <see cref="Run.ExitReason"/> is what the run loop makes of it.</summary>
internal enum LeaveCode
{
    None,

    /// <summary>A memory access missed the TLB; R14 and R15 say which.</summary>
    Access,

    /// <summary>A store that the slow path prepared has been made and must be finished.</summary>
    CommitStore,

    /// <summary>A direct branch that is not linked yet; <see cref="LinkStub"/> stands behind the jump.</summary>
    Link,

    /// <summary>An indirect branch found nothing in the jump cache; R14 is its target.</summary>
    JumpMiss,

    /// <summary>A block's identity check failed; <see cref="IdentityStub"/> stands behind the jump.</summary>
    IdentityMiss,

    /// <summary>Somebody kicked; continue at the RIP behind the jump.</summary>
    Poll,

    /// <summary>Carry out an instruction; <see cref="InstructionStub"/> stands behind the jump.</summary>
    Instruction,

    /// <summary>SYSCALL in 64-bit mode; the RIP behind the jump is the next instruction.</summary>
    Syscall,

    /// <summary>A group of accesses cannot be made together; <see cref="TwinStub"/> stands behind the jump.</summary>
    Twin,

    /// <summary>The host processor refused an instruction; the guest gets the exception.</summary>
    HostFault,

    /// <summary>One instruction was carried out with TF set; the RIP behind the jump is next.</summary>
    SingleStep,
}
