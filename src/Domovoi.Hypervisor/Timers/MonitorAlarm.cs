// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace Domovoi.Hypervisor.Timers;

/// <summary>An alarm of what .NET offers: good to a millisecond, rounded up.</summary>
public sealed class MonitorAlarm : IAlarm
{
    private readonly object _lock = new();
    private long _start;
    private long _nanoseconds = long.MaxValue;

    public void Set(long nanoseconds)
    {
        lock (_lock)
        {
            _start = Stopwatch.GetTimestamp();
            _nanoseconds = nanoseconds;
            Monitor.Pulse(_lock);
        }
    }

    public void Wait()
    {
        lock (_lock)
        {
            for (long left = Left(); left > 0; left = Left())
            {
                Monitor.Wait(_lock, left >= 1_000_000L * int.MaxValue ? Timeout.Infinite : (int)((left + 999_999) / 1_000_000));
            }

            _nanoseconds = long.MaxValue;
        }
    }

    public void Dispose()
    {
    }

    private long Left() => _nanoseconds == long.MaxValue
        ? long.MaxValue
        : _nanoseconds - (long)(Stopwatch.GetElapsedTime(_start).Ticks * 100);
}
