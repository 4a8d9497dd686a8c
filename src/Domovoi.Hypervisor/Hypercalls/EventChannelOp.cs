// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Events;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary><c>__HYPERVISOR_event_channel_op</c></summary>
internal static class EventChannelOp
{
    internal static long Invoke(Vcpu caller, in HypercallArguments arguments)
    {
        ulong pointer = arguments.A1;
        return (long)((EventChannelCommand)arguments.A0 switch
        {
            EventChannelCommand.Send => WithPort(caller, pointer, static (table, port) => table.Send(port)),
            EventChannelCommand.Unmask => WithPort(caller, pointer, static (table, port) => table.Unmask(port)),
            EventChannelCommand.Close => WithPort(caller, pointer, static (table, port) => table.Bindings.Close(port)),
            EventChannelCommand.BindInterdomain => BindInterdomain(caller, pointer),
            EventChannelCommand.BindVirq => BindVirq(caller, pointer),
            EventChannelCommand.BindPirq => BindPirq(caller, pointer),
            EventChannelCommand.Status => Status(caller, pointer),
            EventChannelCommand.AllocateUnbound => AllocateUnbound(caller, pointer),
            EventChannelCommand.BindIpi => BindIpi(caller, pointer),
            EventChannelCommand.BindVcpu => BindVcpu(caller, pointer),
            EventChannelCommand.Reset => Reset(caller, pointer),
            EventChannelCommand.InitControl => InitControl(caller, pointer),
            EventChannelCommand.ExpandArray => ExpandArray(caller, pointer),
            EventChannelCommand.SetPriority => SetPriority(caller, pointer),
            EventChannelCommand.ResetContinue => XenError.NotImplemented,
            _ => XenError.NotImplemented,
        });
    }

    private static XenError WithPort(Vcpu caller, ulong pointer, Func<EventChannelTable, EventPort, XenError> operation) =>
        caller.TryRead(pointer, out EventPort port)
            ? operation(caller.Domain.EventChannels, port)
            : XenError.BadAddress;

    /// <summary><c>EVTCHNOP_bind_interdomain</c></summary>
    private static XenError BindInterdomain(Vcpu caller, ulong pointer)
    {
        if (!caller.TryRead(pointer, out EvtchnBindInterdomain request))
        {
            return XenError.BadAddress;
        }

        XenError error = ForeignDomain.CheckSelf(request.RemoteDomain, caller.Domain.Id);
        if (error != XenError.None)
        {
            // Domain 0 is there, but none of its ports waits for this domain.
            return error == XenError.NotPermitted ? XenError.InvalidArgument : error;
        }

        error = caller.Domain.EventChannels.Bindings.BindLoopback(request.RemotePort, out request.LocalPort);
        return Answer(caller, pointer, in request, request.LocalPort, error);
    }

    /// <summary><c>EVTCHNOP_bind_virq</c></summary>
    private static XenError BindVirq(Vcpu caller, ulong pointer)
    {
        if (!caller.TryRead(pointer, out EvtchnBindVirq request))
        {
            return XenError.BadAddress;
        }

        XenError error = caller.Domain.EventChannels.Bindings.BindVirq(request.Interrupt, request.Vcpu, out request.Port);
        return Answer(caller, pointer, in request, request.Port, error);
    }

    /// <summary><c>EVTCHNOP_bind_pirq</c>: a domain without devices has no physical interrupts.</summary>
    private static XenError BindPirq(Vcpu caller, ulong pointer) =>
        caller.TryRead(pointer, out ulong _) ? XenError.NotPermitted : XenError.BadAddress;

    /// <summary><c>EVTCHNOP_alloc_unbound</c></summary>
    private static XenError AllocateUnbound(Vcpu caller, ulong pointer)
    {
        if (!caller.TryRead(pointer, out EvtchnAllocUnbound request))
        {
            return XenError.BadAddress;
        }

        XenError error = ForeignDomain.CheckSelf(request.Domain, caller.Domain.Id);
        if (error != XenError.None)
        {
            return error;
        }

        error = caller.Domain.EventChannels.Bindings.AllocateUnbound(request.RemoteDomain, out request.Port);
        return Answer(caller, pointer, in request, request.Port, error);
    }

    /// <summary><c>EVTCHNOP_bind_ipi</c></summary>
    private static XenError BindIpi(Vcpu caller, ulong pointer)
    {
        if (!caller.TryRead(pointer, out EvtchnBindIpi request))
        {
            return XenError.BadAddress;
        }

        XenError error = caller.Domain.EventChannels.Bindings.BindIpi(request.Vcpu, out request.Port);
        return Answer(caller, pointer, in request, request.Port, error);
    }

    /// <summary><c>EVTCHNOP_bind_vcpu</c></summary>
    private static XenError BindVcpu(Vcpu caller, ulong pointer) =>
        caller.TryRead(pointer, out EvtchnBindVcpu request)
            ? caller.Domain.EventChannels.Bindings.BindVcpu(request.Port, request.Vcpu)
            : XenError.BadAddress;

    /// <summary><c>EVTCHNOP_status</c></summary>
    private static XenError Status(Vcpu caller, ulong pointer)
    {
        if (!caller.TryRead(pointer, out EvtchnStatus request))
        {
            return XenError.BadAddress;
        }

        XenError error = ForeignDomain.CheckSelf(request.Domain, caller.Domain.Id);
        if (error != XenError.None)
        {
            return error;
        }

        error = caller.Domain.EventChannels.Status(ref request);
        return error == XenError.None && !caller.TryWrite(pointer, in request) ? XenError.BadAddress : error;
    }

    /// <summary><c>EVTCHNOP_reset</c></summary>
    private static XenError Reset(Vcpu caller, ulong pointer)
    {
        if (!caller.TryRead(pointer, out DomainId domain))
        {
            return XenError.BadAddress;
        }

        XenError error = ForeignDomain.CheckSelf(domain, caller.Domain.Id);
        return error == XenError.None ? caller.Domain.EventChannels.Bindings.Reset() : error;
    }

    /// <summary><c>EVTCHNOP_init_control</c></summary>
    private static XenError InitControl(Vcpu caller, ulong pointer)
    {
        if (!caller.TryRead(pointer, out EvtchnInitControl request))
        {
            return XenError.BadAddress;
        }

        request.LinkBits = EventChannelLimits.FifoLinkBits;
        XenError error = caller.Domain.EventChannels.InitControl(in request);
        return error == XenError.None && !caller.TryWrite(pointer, in request) ? XenError.BadAddress : error;
    }

    /// <summary><c>EVTCHNOP_expand_array</c></summary>
    private static XenError ExpandArray(Vcpu caller, ulong pointer) =>
        caller.TryRead(pointer, out ulong frame)
            ? caller.Domain.EventChannels.ExpandArray(frame)
            : XenError.BadAddress;

    /// <summary><c>EVTCHNOP_set_priority</c></summary>
    private static XenError SetPriority(Vcpu caller, ulong pointer) =>
        caller.TryRead(pointer, out EvtchnSetPriority request)
            ? caller.Domain.EventChannels.SetPriority(request.Port, request.Priority)
            : XenError.BadAddress;

    /// <summary>Writes the request back with its new port; a port the guest cannot be told is closed again.</summary>
    private static XenError Answer<T>(Vcpu caller, ulong pointer, in T request, EventPort port, XenError error)
        where T : unmanaged
    {
        if (error != XenError.None || caller.TryWrite(pointer, in request))
        {
            return error;
        }

        caller.Domain.EventChannels.Bindings.Close(port);
        return XenError.BadAddress;
    }
}
