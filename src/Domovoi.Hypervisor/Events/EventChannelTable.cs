// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Frames;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Events;

/// <summary>The event channels of one domain.</summary>
/// <remarks>
/// A port is one end of a channel: to a back end of ours, to another port of the same domain, from a virtual interrupt,
/// or between vCPUs. Raising a port sets bits in memory the guest reads (<see cref="IEventLayout"/>) and wakes a vCPU.
/// Example: a front end sends on its port, the back end's callback wakes its thread, which later raises the same port.
/// Sending and raising take no lock here; binding and closing take the gate.
/// State to save: the ports' states, the layout and its frames, where each vCPU's info lies.
/// </remarks>
public sealed class EventChannelTable
{
    /// <summary>Highest port of a domain unless configured (xl's <c>max_event_channels</c>).</summary>
    public const uint DefaultHighestPort = 1023;

    private readonly FrameTable _frames;
    private readonly TwoLevelLayout _twoLevel;
    private readonly IReadOnlyList<IEventTarget> _vcpus;
    private readonly EventPorts _ports = new();
    private readonly Lock _gate = new();                    // guards bindings; never held while a back end is signalled
    private volatile IEventLayout _layout;
    private FifoLayout? _fifo;

    /// <param name="self">The domain's own number.</param>
    /// <param name="frames">The domain's frames.</param>
    /// <param name="sharedInfo">Where <c>struct shared_info</c> lies.</param>
    /// <param name="vcpus">All vCPUs the domain can ever have, in the order of their numbers.</param>
    public EventChannelTable(
        DomainId self, FrameTable frames, PhysicalAddress sharedInfo, IReadOnlyList<IEventTarget> vcpus)
    {
        _frames = frames;
        _vcpus = vcpus;
        _twoLevel = new TwoLevelLayout(frames.Memory, sharedInfo);
        _layout = _twoLevel;
        Bindings = new EventBindings(this, self, _ports, _gate, vcpus.Count);
    }

    /// <summary>Highest port the domain may use.</summary>
    public uint HighestPort { get; init; } = DefaultHighestPort;

    /// <summary>Binding and closing ports.</summary>
    internal EventBindings Bindings { get; }

    internal IEventLayout Layout => _layout;

    /// <summary>Allocates a port that a back end in domain 0 will bind, before the guest runs (console, xenstore).</summary>
    public EventPort AllocateForBackend() =>
        Bindings.AllocateUnbound(DomainId.Zero, out EventPort port) == XenError.None
            ? port
            : throw new InvalidOperationException("The domain has no free event channel.");

    /// <summary>Binds domain 0's end of a guest port that is unbound towards domain 0.</summary>
    /// <param name="port">The guest's port.</param>
    /// <param name="onSignal">
    /// Runs on the signalling vCPU's thread when the guest sends, and once now, since events may have been lost before;
    /// must not wait: it wakes someone, or does a little itself.
    /// </param>
    /// <returns>Raises the event in the guest when called; from any thread. null when the port cannot be bound.</returns>
    public Action? BindBackend(EventPort port, Action onSignal)
    {
        EventChannel? channel;
        lock (_gate)
        {
            channel = _ports[port];
            if (channel is not { State: EventChannelState.Unbound } || channel.RemoteDomain != DomainId.Zero)
            {
                return null;
            }

            channel.Peer = null;
            channel.Backend = onSignal;
            channel.State = EventChannelState.Interdomain;
        }

        onSignal();
        return () =>
        {
            if (ReferenceEquals(channel.Backend, onSignal))
            {
                Raise(channel);
            }
        };
    }

    /// <summary>Gives domain 0's end up: the guest's port waits for another back end.</summary>
    /// <param name="port">The guest's port.</param>
    /// <param name="onSignal">What it was bound with; nothing happens when the port has been closed and bound anew meanwhile.</param>
    public void UnbindBackend(EventPort port, Action onSignal)
    {
        lock (_gate)
        {
            EventChannel? channel = _ports[port];
            if (channel?.Backend == onSignal)
            {
                channel.Backend = null;
                channel.State = EventChannelState.Unbound;
            }
        }
    }

    /// <summary>Raises a virtual interrupt; nothing happens when the guest has not bound it. Any thread.</summary>
    public void RaiseVirq(IEventTarget vcpu, Virq interrupt)
    {
        EventPort port = Bindings.PortOf(vcpu.Id, interrupt);
        if (port.Value != 0 && _ports[port] is { State: EventChannelState.Virq } channel)
        {
            Raise(channel);
        }
    }

    /// <summary>Whether an event is pending on a port, masked or not: <c>SCHEDOP_poll</c>.</summary>
    public bool IsPending(EventPort port) => _ports.Known(port) is { } channel && _layout.IsPending(channel);

    /// <summary>Whether <paramref name="port"/> is a number this domain's ports can have.</summary>
    public bool IsValid(EventPort port) => _ports.Known(port) is not null;

    /// <summary><c>EVTCHNOP_send</c></summary>
    /// <remarks>An unbound port swallows the event, as in Xen: a front end may signal before its back end connects.</remarks>
    internal XenError Send(EventPort port)
    {
        EventChannel? channel = _ports[port];
        switch (channel?.State)
        {
            case EventChannelState.Interdomain:
                if (channel.Peer is { } peer)
                {
                    Raise(peer);
                }
                else
                {
                    channel.Backend?.Invoke();
                }

                return XenError.None;
            case EventChannelState.Ipi:
                Raise(channel);
                return XenError.None;
            case EventChannelState.Unbound:
                return XenError.None;
            default:
                return XenError.InvalidArgument;
        }
    }

    /// <summary><c>EVTCHNOP_unmask</c></summary>
    internal XenError Unmask(EventPort port)
    {
        EventChannel? channel = _ports.Known(port);
        if (channel is null)
        {
            return XenError.InvalidArgument;
        }

        _layout.Unmask(_vcpus[channel.NotifyVcpu], channel);
        return XenError.None;
    }

    /// <summary><c>EVTCHNOP_status</c></summary>
    internal XenError Status(ref EvtchnStatus status)
    {
        lock (_gate)
        {
            EventChannel? channel = _ports.Known(status.Port);
            if (channel is null)
            {
                return XenError.InvalidArgument;
            }

            EventChannelReport.Fill(channel, ref status);
            return XenError.None;
        }
    }

    /// <summary><c>EVTCHNOP_init_control</c>: the first one switches the domain to the FIFO layout.</summary>
    internal XenError InitControl(in EvtchnInitControl control)
    {
        if (control.Vcpu >= (uint)_vcpus.Count)
        {
            return XenError.NoEntry;
        }

        if (control.Offset > PhysicalAddress.PageSize - EventChannelLimits.FifoControlBlockSize || control.Offset % 8 != 0)
        {
            return XenError.InvalidArgument;
        }

        lock (_gate)
        {
            FifoLayout fifo = _fifo ?? new FifoLayout(_frames.Memory, _vcpus.Count);
            if (fifo.HasControlBlock((int)control.Vcpu) || !_frames.TryHoldWritable(new Mfn(control.ControlFrame)))
            {
                return XenError.InvalidArgument;
            }

            fifo.SetControlBlock((int)control.Vcpu, PhysicalAddress.OfFrame(control.ControlFrame) + control.Offset);
            if (_fifo is null)
            {
                SwitchToFifo(fifo);
            }

            return XenError.None;
        }
    }

    /// <summary><c>EVTCHNOP_expand_array</c></summary>
    internal XenError ExpandArray(ulong frame)
    {
        lock (_gate)
        {
            if (_fifo is not { } fifo)
            {
                return XenError.NotSupported;
            }

            if (!fifo.CanExpand)
            {
                return XenError.NoSpace;
            }

            if (!_frames.TryHoldWritable(new Mfn(frame)))
            {
                return XenError.InvalidArgument;
            }

            fifo.AddArrayFrame(frame);
            for (uint number = 1; number < _ports.End; number++)
            {
                EventChannel channel = _ports.Known(new EventPort(number))!;
                if (channel.PendingWithoutWord)
                {
                    channel.PendingWithoutWord = false;
                    Raise(channel);
                }
            }

            return XenError.None;
        }
    }

    /// <summary><c>EVTCHNOP_set_priority</c></summary>
    internal XenError SetPriority(EventPort port, uint priority)
    {
        lock (_gate)
        {
            EventChannel? channel = _ports.Known(port);
            if (channel is null)
            {
                return XenError.InvalidArgument;
            }

            if (_fifo is null)
            {
                return XenError.NotImplemented;
            }

            if (priority > EventChannelLimits.FifoLowestPriority)
            {
                return XenError.InvalidArgument;
            }

            channel.Priority = (byte)priority;
            return XenError.None;
        }
    }

    internal void Raise(EventChannel channel)
    {
        _layout.SetPending(_vcpus[channel.NotifyVcpu], channel);
        for (int index = 0; index < _vcpus.Count; index++)
        {
            if (_vcpus[index].IsPolling)
            {
                _vcpus[index].Kick();
            }
        }
    }

    /// <summary>Back to the 2-level layout.</summary>
    internal void LeaveFifoLocked()
    {
        if (_fifo is not { } fifo)
        {
            return;
        }

        _layout = _twoLevel;
        _fifo = null;
        foreach (ulong frame in fifo.Frames())
        {
            _frames.ReleaseWritable(new Mfn(frame));
        }
    }

    private void SwitchToFifo(FifoLayout fifo)
    {
        for (uint number = 1; number < _ports.End; number++)
        {
            EventChannel channel = _ports.Known(new EventPort(number))!;
            channel.Priority = EventChannelLimits.FifoDefaultPriority;
            channel.PendingWithoutWord = _twoLevel.IsPending(channel);
        }

        _fifo = fifo;
        _layout = fifo;
    }
}
