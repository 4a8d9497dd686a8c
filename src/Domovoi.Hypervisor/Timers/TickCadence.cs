// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Timers;

/// <summary>Keeps the ticks of a kernel that counts them on their grid, so that its clock does not fall behind while it boots.</summary>
/// <remarks>
/// Until Linux switches to Xen's clock, late in its boot, it adds one jiffy per timer event and asks for the next a whole
/// jiffy after it handled the last; what an event was late is lost for good. Here such a request is moved back to one period
/// after the last deadline, which gives lost ticks back. A guest that asks for other times three times in a row has an
/// exact clock and is left alone from then on.
/// </remarks>
internal sealed class TickCadence
{
    private const long LargestDelay = 20_000;               // from the guest's look at the clock to its hypercall
    private const int MostMisses = 3;

    private long _lastDue = -1;
    private int _misses;

    private static ReadOnlySpan<long> Periods => [4_000_000, 10_000_000, 1_000_000, 3_333_333];

    /// <summary>When to fire for a request the guest made now.</summary>
    internal long Place(long deadline, long now)
    {
        if (_misses >= MostMisses || deadline == VcpuTimers.Never)
        {
            return deadline;
        }

        long period = PeriodOf(deadline - now);
        if (period == 0)
        {
            _misses++;
            return deadline;
        }

        _misses = 0;
        return _lastDue < 0 ? deadline : Math.Min(deadline, _lastDue + period);
    }

    /// <summary>The single-shot timer fired; it was due at <paramref name="deadline"/>.</summary>
    internal void Fired(long deadline) => _lastDue = deadline;

    private static long PeriodOf(long delay)
    {
        foreach (long period in Periods)
        {
            if (delay <= period && delay > period - LargestDelay)
            {
                return period;
            }
        }

        return 0;
    }
}
