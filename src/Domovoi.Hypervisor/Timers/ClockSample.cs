// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Timers;

/// <summary>One line from the time-stamp counter to system time.</summary>
public readonly record struct ClockSample(ulong Ticks, long SystemTime, TimeScale Scale)
{
    /// <summary>System time when the counter reads <paramref name="ticks"/>, as the guest computes it.</summary>
    public long At(ulong ticks) => SystemTime + (long)Scale.ToNanoseconds(ticks - Ticks);
}
