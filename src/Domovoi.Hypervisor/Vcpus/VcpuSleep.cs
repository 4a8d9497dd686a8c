// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Domovoi.Hypervisor.Timers;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Vcpus;

/// <summary>A vCPU with nothing to do: spins a little, then sleeps until an event, its timer or a request.</summary>
/// <remarks>May return without an event when another thread wants the vCPU; a guest takes that for a spurious wake-up.</remarks>
internal static class VcpuSleep
{
    /// <summary>How long a wait is answered without the host's scheduler.</summary>
    private static readonly long SpinTicks = Stopwatch.Frequency * 20 / 1_000_000;

    /// <summary><c>SCHEDOP_block</c></summary>
    internal static void UntilEvent(Vcpu vcpu)
    {
        if (SpinsIntoEvent(vcpu))
        {
            return;
        }

        vcpu.Timers.Unwatch();
        vcpu.Runstate.Enter(RunstateKind.Blocked);
        while (!vcpu.HasDeliverableEvent && !vcpu.HasRequests)
        {
            Sleep(vcpu, vcpu.Timers.NextDeadline, wakeOnEvent: true);
        }

        Wake(vcpu);
    }

    /// <summary><c>SCHEDOP_poll</c></summary>
    internal static XenError UntilPending(Vcpu vcpu, ReadOnlySpan<EventPort> ports, long deadline)
    {
        vcpu.IsPolling = true;                              // before the look at the ports: a later event kicks
        vcpu.Timers.Unwatch();
        XenError error = XenError.None;
        while (!vcpu.HasDeliverableEvent && !vcpu.HasRequests && vcpu.Domain.Clock.Now < deadline)
        {
            if (AnyPending(vcpu, ports, out error))
            {
                break;
            }

            vcpu.Runstate.Enter(RunstateKind.Blocked);
            Sleep(vcpu, Math.Min(deadline, vcpu.Timers.NextDeadline), wakeOnEvent: true);
        }

        vcpu.IsPolling = false;
        Wake(vcpu);
        return error;
    }

    private static bool AnyPending(Vcpu vcpu, ReadOnlySpan<EventPort> ports, out XenError error)
    {
        foreach (EventPort port in ports)
        {
            if (!vcpu.Domain.EventChannels.IsValid(port))
            {
                error = XenError.InvalidArgument;
                return true;
            }

            if (vcpu.Domain.EventChannels.IsPending(port))
            {
                error = XenError.None;
                return true;
            }
        }

        error = XenError.None;
        return false;
    }

    private static void Sleep(Vcpu vcpu, long deadline, bool wakeOnEvent)
    {
        long now = vcpu.Domain.Clock.Now;
        if (deadline > now)
        {
            vcpu.Wait(deadline == VcpuTimers.Never ? long.MaxValue : deadline - now, wakeOnEvent);
        }

        vcpu.Timers.Expire();
    }

    private static void Wake(Vcpu vcpu)
    {
        vcpu.Runstate.Enter(RunstateKind.Running);
        vcpu.Time.Publish();
    }

    private static bool SpinsIntoEvent(Vcpu vcpu)
    {
        long end = Stopwatch.GetTimestamp() + SpinTicks;
        do
        {
            Thread.SpinWait(20);
            if (vcpu.HasDeliverableEvent || vcpu.HasRequests)
            {
                return true;
            }
        }
        while (Stopwatch.GetTimestamp() < end);

        return false;
    }
}
