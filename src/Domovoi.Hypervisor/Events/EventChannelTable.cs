// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Events;

/// <summary>The event channels of one domain.</summary>
public sealed class EventChannelTable
{
    /// <summary>Allocates a port that a back end in domain 0 will bind, before the guest runs (console, xenstore).</summary>
    public EventPort AllocateForBackend() => throw new NotSupportedException();

    /// <summary>Binds domain 0's end of a guest port that is unbound towards domain 0.</summary>
    /// <param name="port">The guest's port.</param>
    /// <param name="onSignal">Runs on the signalling vCPU's thread when the guest sends; must only wake someone.</param>
    /// <returns>Raises the event in the guest when called; from any thread. null when the port cannot be bound.</returns>
    public Action? BindBackend(EventPort port, Action onSignal)
    {
        _ = port;
        _ = onSignal;
        throw new NotSupportedException();
    }
}
