// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Timers;

/// <summary>A gate of what .NET offers: good to a millisecond, rounded up.</summary>
public sealed class MonitorWakeGate : IWakeGate
{
    private readonly object _lock = new();
    private bool _open;

    public void Wait(long nanoseconds)
    {
        lock (_lock)
        {
            if (!_open && nanoseconds > 0)
            {
                Monitor.Wait(_lock, nanoseconds >= 1_000_000L * int.MaxValue ? Timeout.Infinite : (int)((nanoseconds + 999_999) / 1_000_000));
            }

            _open = false;
        }
    }

    public void Open()
    {
        lock (_lock)
        {
            _open = true;
            Monitor.Pulse(_lock);
        }
    }

    public void Dispose()
    {
    }
}
