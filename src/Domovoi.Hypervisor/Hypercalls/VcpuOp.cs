// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Timers;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary><c>__HYPERVISOR_vcpu_op</c></summary>
internal static class VcpuOp
{
    private const long ShortestPeriod = 1_000_000;
    private const long LongestPeriod = 864_000_000_000_000;

    internal static long Invoke(Vcpu caller, in HypercallArguments arguments)
    {
        ulong id = (uint)arguments.A1;
        if (id >= (ulong)caller.Domain.Vcpus.Count)
        {
            return (long)XenError.NoEntry;
        }

        Vcpu target = caller.Domain.Vcpus[(int)id];
        ulong pointer = arguments.A2;
        return (VcpuCommand)(uint)arguments.A0 switch
        {
            VcpuCommand.Initialise => (long)VcpuBringUp.Initialise(caller, target, pointer),
            VcpuCommand.Up => (long)VcpuBringUp.Up(target),
            VcpuCommand.Down => (long)VcpuBringUp.Down(target),
            VcpuCommand.IsUp => target.IsOnline ? 1 : 0,
            VcpuCommand.GetRunstate => Answer(caller.TryWrite(pointer, target.Runstate.Snapshot())),
            VcpuCommand.RegisterRunstateArea => (long)RegisterRunstate(caller, target, pointer),
            VcpuCommand.SetPeriodicTimer => (long)SetPeriodic(caller, target, pointer),
            VcpuCommand.StopPeriodicTimer => (long)StopPeriodic(target),
            VcpuCommand.SetSingleshotTimer => (long)SetSingleshot(caller, target, pointer),
            VcpuCommand.StopSingleshotTimer => (long)StopSingleshot(caller, target),
            VcpuCommand.RegisterVcpuInfo => (long)RegisterInfo(caller, target, pointer),
            VcpuCommand.SendNmi => (long)SendNmi(target, pointer),
            VcpuCommand.GetPhysicalId => (long)XenError.InvalidArgument,
            VcpuCommand.RegisterTimeArea => (long)RegisterTime(caller, target, pointer),

            // By machine address: announced by XENFEAT_runstate_phys_area and XENFEAT_vcpu_time_phys_area, which we do not set.
            VcpuCommand.RegisterRunstatePhysicalArea or VcpuCommand.RegisterTimePhysicalArea => (long)XenError.NotImplemented,
            _ => (long)XenError.NotImplemented,
        };
    }

    /// <summary><c>VCPUOP_register_runstate_memory_area</c></summary>
    private static XenError RegisterRunstate(Vcpu caller, Vcpu target, ulong pointer)
    {
        if (!caller.TryRead(pointer, out ulong area) || X86Addresses.IsReserved(area))
        {
            return XenError.BadAddress;
        }

        target.Runstate.GuestArea = area;
        VcpuRunstate now = target.Runstate.Snapshot();
        caller.TryWrite(area, in now);
        return XenError.None;
    }

    /// <summary><c>VCPUOP_register_vcpu_time_memory_area</c></summary>
    private static XenError RegisterTime(Vcpu caller, Vcpu target, ulong pointer)
    {
        if (!caller.TryRead(pointer, out ulong area) || X86Addresses.IsReserved(area))
        {
            return XenError.BadAddress;
        }

        target.Time.GuestArea = area;
        target.Time.Publish(force: true, through: caller);
        return XenError.None;
    }

    /// <summary><c>VCPUOP_set_periodic_timer</c></summary>
    private static XenError SetPeriodic(Vcpu caller, Vcpu target, ulong pointer)
    {
        if (!caller.TryRead(pointer, out long period))
        {
            return XenError.BadAddress;
        }

        if (period is < ShortestPeriod or > LongestPeriod)
        {
            return XenError.InvalidArgument;
        }

        target.Timers.SetPeriod(period);
        return XenError.None;
    }

    private static XenError StopPeriodic(Vcpu target)
    {
        target.Timers.SetPeriod(0);
        return XenError.None;
    }

    /// <summary><c>VCPUOP_set_singleshot_timer</c>: as Xen does today, a time already past fires at once whatever the flag says.</summary>
    private static XenError SetSingleshot(Vcpu caller, Vcpu target, ulong pointer)
    {
        if (caller != target)
        {
            return XenError.InvalidArgument;
        }

        if (!caller.TryRead(pointer, out VcpuSetSingleshotTimer request))
        {
            return XenError.BadAddress;
        }

        caller.Timers.SetSingleshot((long)Math.Min(request.TimeoutAbsolute, VcpuTimers.Never - 1));
        return XenError.None;
    }

    private static XenError StopSingleshot(Vcpu caller, Vcpu target)
    {
        if (caller != target)
        {
            return XenError.InvalidArgument;
        }

        caller.Timers.SetSingleshot(VcpuTimers.Never);
        return XenError.None;
    }

    /// <summary><c>VCPUOP_register_vcpu_info</c>: moves the record, then marks everything pending so that nothing is lost.</summary>
    private static XenError RegisterInfo(Vcpu caller, Vcpu target, ulong pointer)
    {
        if (!caller.TryRead(pointer, out VcpuRegisterVcpuInfo request))
        {
            return XenError.BadAddress;
        }

        if (target.HasOwnInfo)
        {
            return XenError.Busy;
        }

        if (request.Offset > PhysicalAddress.PageSize - VcpuInfo.Size || request.Offset % sizeof(ulong) != 0)
        {
            return XenError.DeviceOrAddress;
        }

        Mfn frame = new(request.Mfn);
        if (!caller.Domain.Frames.TryHoldWritable(frame))
        {
            return XenError.InvalidArgument;
        }

        target.MoveInfo(PhysicalAddress.OfFrame(frame.Value) + request.Offset);
        target.Time.Publish(force: true, through: caller);
        return XenError.None;
    }

    /// <summary><c>VCPUOP_send_nmi</c></summary>
    private static XenError SendNmi(Vcpu target, ulong pointer)
    {
        if (pointer != 0)
        {
            return XenError.InvalidArgument;
        }

        target.Request(VcpuRequests.Nmi);
        return XenError.None;
    }

    private static long Answer(bool written) => (long)(written ? XenError.None : XenError.BadAddress);
}
