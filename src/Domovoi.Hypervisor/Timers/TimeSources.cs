// SPDX-License-Identifier: MIT
using Domovoi.Cpu;

namespace Domovoi.Hypervisor.Timers;

/// <summary>Where a domain's time comes from.</summary>
/// <param name="Clock">Wall clock and monotonic clock.</param>
/// <param name="ReadTimeStamp">What RDTSC would give the guest now.</param>
/// <param name="TimeStampFrequency">Ticks per second; 0 has it measured while the domain is built.</param>
public sealed record TimeSources(TimeProvider Clock, Func<ulong> ReadTimeStamp, ulong TimeStampFrequency)
{
    /// <summary>The host's clocks.</summary>
    public static TimeSources Host => new(TimeProvider.System, HostFeatures.ReadTimeStamp, 0);
}
