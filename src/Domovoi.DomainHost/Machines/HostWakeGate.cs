// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Timers;
using Domovoi.Linux;

namespace Domovoi.DomainHost.Machines;

/// <summary>The gate a domain's vCPUs sleep on: the host's epoll, good to some microseconds, so that an idle vCPU can see to descriptors itself.</summary>
internal sealed class HostWakeGate : IWakeGate, IArrivalWatch
{
    private readonly ArrivalGate _gate = new();

    public void Wait(long nanoseconds) => _gate.Wait(nanoseconds);

    public void Open() => _gate.Open();

    public bool TryWatch(int descriptor, Action onArrival) => _gate.TryWatch(descriptor, onArrival);

    public void Unwatch(int descriptor) => _gate.Unwatch(descriptor);

    public void Dispose() => _gate.Dispose();
}
