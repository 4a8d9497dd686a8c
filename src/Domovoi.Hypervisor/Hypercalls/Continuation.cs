// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Vcpus;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary>How a long hypercall gives way to events, pauses and the domain's end, and is then made again for what is left of it.</summary>
/// <remarks>
/// As in Xen the call's progress goes into its own arguments, and the guest's RIP back to its SYSCALL; within a multicall into the
/// entry's. A call asks <see cref="IsDue"/> only after it has done some of its work, so that each round gets further.
/// </remarks>
internal static class Continuation
{
    private const int SyscallLength = 2;

    /// <summary><c>hypercall_preempt_check</c></summary>
    internal static bool IsDue(Vcpu caller) => caller.HasRequests || caller.HasDeliverableEvent;

    /// <summary><c>hypercall_create_continuation</c>: the handler returns what this returns.</summary>
    internal static long With(Vcpu caller, ulong a0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        caller.CallIsContinued = true;
        caller.ContinuedArguments = new HypercallArguments(a0, a1, a2, a3, 0);
        return 0;
    }

    /// <summary>The arguments of the call that was just given up, which from now on is the caller's to make again.</summary>
    internal static HypercallArguments Take(Vcpu caller)
    {
        caller.CallIsContinued = false;
        return caller.ContinuedArguments;
    }

    /// <summary>Has the guest make the call again: RAX still is its number.</summary>
    internal static void Rewind(Vcpu caller)
    {
        ref Cpu.State.CpuState state = ref caller.Cpu.State;
        HypercallArguments arguments = Take(caller);
        (state.Rdi, state.Rsi, state.Rdx, state.R10, state.R8) =
            (arguments.A0, arguments.A1, arguments.A2, arguments.A3, arguments.A4);
        state.Rip -= SyscallLength;
    }
}
