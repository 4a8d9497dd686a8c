// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Timers;
using Domovoi.Hypervisor.Vcpus;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary><c>__HYPERVISOR_set_timer_op</c></summary>
internal static class SetTimerOp
{
    private const long FarthestAhead = 1L << 50;            // about 13 days
    private const long InsteadOfNonsense = 100_000_000;

    internal static long Invoke(Vcpu caller, in HypercallArguments arguments)
    {
        long deadline = (long)arguments.A0;
        if (deadline == 0)
        {
            caller.Timers.SetSingleshot(VcpuTimers.Never);
            return 0;
        }

        // Guests that mean "never", or whose time wrapped, send such deadlines; Xen fires in 100 ms.
        long now = caller.Domain.Clock.Now;
        bool nonsense = deadline < 0 || deadline - now >= FarthestAhead;
        caller.Timers.SetSingleshot(nonsense ? now + InsteadOfNonsense : deadline);
        return 0;
    }
}
