// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Timers;

/// <summary>Ticks to nanoseconds as <c>vcpu_time_info</c> states it: ((ticks &lt;&lt; shift) * multiplier) &gt;&gt; 32.</summary>
public readonly record struct TimeScale(uint Multiplier, sbyte Shift)
{
    private const ulong NanosecondsPerSecond = 1_000_000_000;

    /// <summary>The scale of a counter, with the multiplier's top bit set so that no precision is lost.</summary>
    public static TimeScale OfFrequency(double ticksPerSecond)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ticksPerSecond);
        int shift = 0;
        double scaled = ticksPerSecond;
        while (scaled > 2.0 * NanosecondsPerSecond)
        {
            scaled /= 2;
            shift--;
        }

        while (scaled <= NanosecondsPerSecond)
        {
            scaled *= 2;
            shift++;
        }

        double multiplier = NanosecondsPerSecond / scaled * 4294967296.0;
        return new TimeScale((uint)Math.Min(multiplier, uint.MaxValue), (sbyte)shift);
    }

    /// <summary>What the guest computes.</summary>
    public ulong ToNanoseconds(ulong ticks)
    {
        ulong shifted = Shift >= 0 ? ticks << Shift : ticks >> -Shift;
        return (ulong)(((UInt128)shifted * Multiplier) >> 32);
    }
}
