// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Timers;
using Domovoi.Linux;

namespace Domovoi.DomainHost.Machines;

/// <summary>The alarm of a domain's timers: the host's timerfd, good to some microseconds.</summary>
internal sealed class HostAlarm : IAlarm
{
    private readonly TimerDescriptor _timer = new();

    public void Set(long nanoseconds) => _timer.Set(nanoseconds);

    public void Wait() => _timer.Wait();

    public void Dispose() => _timer.Dispose();
}
