// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Timers;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary><c>__HYPERVISOR_sched_op</c></summary>
internal static class SchedOp
{
    private const uint MostPolledPorts = 128;
    private const long YieldNanoseconds = 50_000;

    internal static long Invoke(Vcpu caller, in HypercallArguments arguments) => (SchedCommand)(uint)arguments.A0 switch
    {
        SchedCommand.Yield => Yield(caller),
        SchedCommand.Block => Block(caller),
        SchedCommand.Shutdown => Shutdown(caller, arguments.A1),
        SchedCommand.ShutdownCode => ShutdownCode(caller, arguments.A1),
        SchedCommand.Poll => Poll(caller, arguments.A1),
        SchedCommand.RemoteShutdown or SchedCommand.PinOverride => (long)XenError.NotPermitted,
        SchedCommand.Watchdog => Watchdog(caller, arguments.A1),
        _ => (long)XenError.NotImplemented,
    };

    /// <summary><c>__HYPERVISOR_sched_op_compat</c>: yield, block, and shutdown with the reason in the argument.</summary>
    internal static long InvokeCompat(Vcpu caller, in HypercallArguments arguments)
    {
        switch ((SchedCommand)(uint)arguments.A0)
        {
            case SchedCommand.Yield:
                return Yield(caller);
            case SchedCommand.Block:
                return Block(caller);
            case SchedCommand.Shutdown:
                caller.Domain.ShutDown((ShutdownReason)(byte)arguments.A1);
                return 0;
            default:
                return (long)XenError.NotImplemented;
        }
    }

    /// <summary><c>SCHEDOP_yield</c>: lets others run, for a moment or until an event.</summary>
    /// <remarks>
    /// Who yields in a loop waits for a back end (PV GRUB does, for each page that it reads). sched_yield(2) would give a whole turn to every
    /// busy process of the host, at each call.
    /// </remarks>
    private static long Yield(Vcpu caller)
    {
        caller.Wait(YieldNanoseconds, wakeOnEvent: true);
        return 0;
    }

    /// <summary><c>SCHEDOP_block</c>: enables events and sleeps until there is one.</summary>
    private static long Block(Vcpu caller)
    {
        caller.EventsMasked = false;
        if (!caller.HasDeliverableEvent)
        {
            VcpuSleep.UntilEvent(caller);
        }

        return 0;
    }

    /// <summary><c>SCHEDOP_shutdown</c>; for <c>SHUTDOWN_suspend</c> 1 would mean that it was cancelled.</summary>
    private static long Shutdown(Vcpu caller, ulong pointer)
    {
        if (!caller.TryRead(pointer, out SchedShutdown request))
        {
            return (long)XenError.BadAddress;
        }

        caller.Domain.ShutDown((ShutdownReason)(byte)request.Reason);
        return 0;
    }

    /// <summary><c>SCHEDOP_shutdown_code</c>: the reason to report if the domain ends without saying one.</summary>
    private static long ShutdownCode(Vcpu caller, ulong pointer)
    {
        if (!caller.TryRead(pointer, out SchedShutdown request))
        {
            return (long)XenError.BadAddress;
        }

        caller.Domain.Log.Write($"Shutdown code {request.Reason}.");
        return 0;
    }

    /// <summary><c>SCHEDOP_poll</c>: sleeps until one of the ports is pending, an event is deliverable, or time is up.</summary>
    private static long Poll(Vcpu caller, ulong pointer)
    {
        if (!caller.TryRead(pointer, out SchedPoll request))
        {
            return (long)XenError.BadAddress;
        }

        if (request.PortCount > MostPolledPorts)
        {
            return (long)XenError.InvalidArgument;
        }

        Span<byte> bytes = stackalloc byte[(int)MostPolledPorts * sizeof(uint)];
        bytes = bytes[..(int)(request.PortCount * sizeof(uint))];
        if (!caller.TryRead(request.Ports, bytes))
        {
            return (long)XenError.BadAddress;
        }

        long deadline = request.Timeout == 0 ? VcpuTimers.Never : (long)Math.Min(request.Timeout, long.MaxValue);
        return (long)VcpuSleep.UntilPending(caller, System.Runtime.InteropServices.MemoryMarshal.Cast<byte, EventPort>(bytes), deadline);
    }

    /// <summary><c>SCHEDOP_watchdog</c></summary>
    private static long Watchdog(Vcpu caller, ulong pointer) => caller.TryRead(pointer, out SchedWatchdog request)
        ? caller.Domain.Watchdogs.Set(request.Id, request.Timeout)
        : (long)XenError.BadAddress;
}
