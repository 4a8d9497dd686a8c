// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Events;

/// <summary>Allocates, binds and closes the ports of a domain.</summary>
internal sealed class EventBindings(EventChannelTable table, DomainId self, EventPorts ports, Lock gate, int vcpuCount)
{
    private readonly uint[] _virqPorts = new uint[vcpuCount * (int)Virq.Count];

    /// <summary>The port a vCPU's virtual interrupt is bound to, or 0. Any thread.</summary>
    public EventPort PortOf(int vcpu, Virq interrupt) => new(Volatile.Read(ref VirqPort(vcpu, interrupt)));

    /// <summary><c>EVTCHNOP_alloc_unbound</c></summary>
    public XenError AllocateUnbound(DomainId remote, out EventPort port)
    {
        lock (gate)
        {
            EventChannel? channel = Take(out port);
            if (channel is null)
            {
                return XenError.NoSpace;
            }

            channel.RemoteDomain = remote == DomainId.Self ? self : remote;
            channel.State = EventChannelState.Unbound;
            return XenError.None;
        }
    }

    /// <summary><c>EVTCHNOP_bind_interdomain</c> towards the domain itself; no other domain has ports here.</summary>
    public XenError BindLoopback(EventPort remotePort, out EventPort localPort)
    {
        EventChannel? local;
        lock (gate)
        {
            EventChannel? remote = ports[remotePort];
            localPort = default;
            if (remote is not { State: EventChannelState.Unbound } || remote.RemoteDomain != self)
            {
                return XenError.InvalidArgument;
            }

            local = Take(out localPort);
            if (local is null)
            {
                return XenError.NoSpace;
            }

            local.Peer = remote;
            local.RemoteDomain = self;
            local.State = EventChannelState.Interdomain;
            remote.Peer = local;
            remote.State = EventChannelState.Interdomain;
        }

        table.Raise(local);
        return XenError.None;
    }

    /// <summary><c>EVTCHNOP_bind_virq</c></summary>
    public XenError BindVirq(Virq interrupt, uint vcpu, out EventPort port)
    {
        port = default;
        if (interrupt >= Virq.Count || (!interrupt.IsPerVcpu && vcpu != 0))
        {
            return XenError.InvalidArgument;
        }

        if (vcpu >= (uint)vcpuCount)
        {
            return XenError.NoEntry;
        }

        if (interrupt.IsGlobal)
        {
            return XenError.Busy;
        }

        lock (gate)
        {
            if (VirqPort((int)vcpu, interrupt) != 0)
            {
                return XenError.Exists;
            }

            EventChannel? channel = Take(out port);
            if (channel is null)
            {
                return XenError.NoSpace;
            }

            channel.Interrupt = interrupt;
            channel.NotifyVcpu = (int)vcpu;
            channel.State = EventChannelState.Virq;
            Volatile.Write(ref VirqPort((int)vcpu, interrupt), port.Value);
            return XenError.None;
        }
    }

    /// <summary><c>EVTCHNOP_bind_ipi</c></summary>
    public XenError BindIpi(uint vcpu, out EventPort port)
    {
        port = default;
        if (vcpu >= (uint)vcpuCount)
        {
            return XenError.NoEntry;
        }

        lock (gate)
        {
            EventChannel? channel = Take(out port);
            if (channel is null)
            {
                return XenError.NoSpace;
            }

            channel.NotifyVcpu = (int)vcpu;
            channel.State = EventChannelState.Ipi;
            return XenError.None;
        }
    }

    /// <summary><c>EVTCHNOP_bind_vcpu</c></summary>
    public XenError BindVcpu(EventPort port, uint vcpu)
    {
        if (vcpu >= (uint)vcpuCount)
        {
            return XenError.NoEntry;
        }

        lock (gate)
        {
            EventChannel? channel = ports[port];
            bool mayMove = channel?.State is EventChannelState.Unbound or EventChannelState.Interdomain ||
                channel is { State: EventChannelState.Virq, Interrupt.IsPerVcpu: false };
            if (!mayMove)
            {
                return XenError.InvalidArgument;
            }

            channel!.NotifyVcpu = (int)vcpu;
            return XenError.None;
        }
    }

    /// <summary><c>EVTCHNOP_close</c></summary>
    public XenError Close(EventPort port)
    {
        lock (gate)
        {
            return CloseLocked(port);
        }
    }

    /// <summary><c>EVTCHNOP_reset</c>: closes every port and goes back to the 2-level layout.</summary>
    public XenError Reset()
    {
        lock (gate)
        {
            for (uint number = 1; number < ports.End; number++)
            {
                CloseLocked(new EventPort(number));
            }

            table.LeaveFifoLocked();
            return XenError.None;
        }
    }

    private ref uint VirqPort(int vcpu, Virq interrupt) =>
        ref _virqPorts[(vcpu * (int)Virq.Count) + (int)interrupt];

    private EventChannel? Take(out EventPort port)
    {
        EventChannel? channel = ports.TakeFreeLocked(table.HighestPort, table.Layout);
        port = channel?.Port ?? default;
        if (channel is not null)
        {
            channel.NotifyVcpu = 0;
            channel.Priority = EventChannelLimits.FifoDefaultPriority;
        }

        return channel;
    }

    private XenError CloseLocked(EventPort port)
    {
        EventChannel? channel = ports[port];
        if (channel is null)
        {
            return XenError.InvalidArgument;
        }

        if (channel.State == EventChannelState.Virq)
        {
            Volatile.Write(ref VirqPort(channel.Interrupt.IsPerVcpu ? channel.NotifyVcpu : 0, channel.Interrupt), 0);
        }

        if (channel.Peer is { } peer && channel.State == EventChannelState.Interdomain)
        {
            peer.Peer = null;
            peer.RemoteDomain = self;
            peer.State = EventChannelState.Unbound;
        }

        channel.State = EventChannelState.Free;
        channel.Peer = null;
        channel.Backend = null;
        channel.NotifyVcpu = 0;
        table.Layout.ClearPending(channel);
        return XenError.None;
    }
}
