// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Events;

/// <summary>One port of a domain.</summary>
/// <remarks>Changed under the table's gate; senders read it without, so <see cref="State"/> is written last when binding.</remarks>
internal sealed class EventChannel(EventPort port)
{
    private volatile EventChannelState _state;

    public EventPort Port { get; } = port;

    public EventChannelState State
    {
        get => _state;
        set => _state = value;
    }

    /// <summary>The vCPU that is notified.</summary>
    public volatile int NotifyVcpu;

    /// <summary>Unbound and interdomain: who is or may be at the far end.</summary>
    public DomainId RemoteDomain;

    /// <summary>Interdomain within the domain: the far end. null when a back end is there.</summary>
    public volatile EventChannel? Peer;

    /// <summary>Interdomain with a back end: wakes it.</summary>
    public volatile Action? Backend;

    /// <summary>The interrupt of a <see cref="EventChannelState.Virq"/> port.</summary>
    public Virq Interrupt;

    /// <summary>FIFO: the queue that future events go to.</summary>
    public volatile byte Priority = EventChannelLimits.FifoDefaultPriority;

    /// <summary>FIFO: the queue the last event went to. Guarded by the queues' gate.</summary>
    public (int Vcpu, byte Priority) LastQueue = (0, EventChannelLimits.FifoDefaultPriority);

    /// <summary>FIFO: raised before the event array had a word for it. Guarded by the queues' gate.</summary>
    public bool PendingWithoutWord;
}
