// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Timers;
using Domovoi.Linux;

namespace Domovoi.DomainHost.Machines;

/// <summary>The gate a domain's threads sleep on: the host's futex, good to some microseconds.</summary>
internal sealed class HostWakeGate : IWakeGate
{
    private readonly FutexGate _gate = new();

    public void Wait(long nanoseconds) => _gate.Wait(nanoseconds);

    public void Open() => _gate.Open();

    public void Dispose() => _gate.Dispose();
}
