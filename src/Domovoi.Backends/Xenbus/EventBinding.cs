// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Events;
using Domovoi.Xen.Abi;

namespace Domovoi.Backends.Xenbus;

/// <summary>Our end of an event channel of the guest's. Dispose gives it up. Thread safe.</summary>
public sealed class EventBinding : IDisposable
{
    private readonly EventChannelTable _events;
    private readonly EventPort _port;
    private readonly Action _onSignal;
    private readonly Action _raise;

    private EventBinding(EventChannelTable events, EventPort port, Action onSignal, Action raise)
    {
        _events = events;
        _port = port;
        _onSignal = onSignal;
        _raise = raise;
    }

    /// <summary>Binds a port that waits for domain 0; null when it does not.</summary>
    /// <param name="onSignal">Runs on the vCPU's thread when the guest sends: must not wait.</param>
    public static EventBinding? TryBind(EventChannelTable events, EventPort port, Action onSignal) =>
        events.BindBackend(port, onSignal) is { } raise ? new EventBinding(events, port, onSignal, raise) : null;

    /// <summary>Sends an event to the guest.</summary>
    public void Raise() => _raise();

    public void Dispose() => _events.UnbindBackend(_port, _onSignal);
}
