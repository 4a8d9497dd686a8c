// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Events;

/// <summary>The ports of a domain by number. Grows under the table's gate; read without.</summary>
internal sealed class EventPorts
{
    private const int FirstSize = 64;

    private volatile EventChannel?[] _ports = new EventChannel?[FirstSize];

    /// <summary>One above the highest port ever used.</summary>
    public uint End { get; private set; } = 1;

    /// <summary>The port if it was ever allocated and is not free now.</summary>
    public EventChannel? this[EventPort port]
    {
        get
        {
            EventChannel?[] ports = _ports;
            EventChannel? channel = port.Value < (uint)ports.Length ? ports[port.Value] : null;
            return channel is { State: not EventChannelState.Free } ? channel : null;
        }
    }

    /// <summary>Whether a port of this number was ever allocated, free or not.</summary>
    public EventChannel? Known(EventPort port)
    {
        EventChannel?[] ports = _ports;
        return port.Value < (uint)ports.Length ? ports[port.Value] : null;
    }

    /// <summary>The lowest free port up to <paramref name="highest"/>, or null.</summary>
    public EventChannel? TakeFreeLocked(uint highest, IEventLayout layout)
    {
        for (uint number = 1; number < End; number++)
        {
            EventChannel channel = _ports[number]!;
            if (channel.State == EventChannelState.Free && !layout.IsBusy(channel))
            {
                return channel;
            }
        }

        if (End > highest || End >= layout.PortLimit)
        {
            return null;
        }

        EventChannel?[] ports = _ports;
        if (End == ports.Length)
        {
            Array.Resize(ref ports, ports.Length * 2);
        }

        EventChannel added = new(new EventPort(End));
        ports[End] = added;
        _ports = ports;
        End++;
        return added;
    }
}
