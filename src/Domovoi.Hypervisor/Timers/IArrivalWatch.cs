// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Timers;

/// <summary>Sees to what arrives at descriptors of the host while a thread sleeps, on that thread.</summary>
public interface IArrivalWatch
{
    /// <summary>From now on the sleeper wakes when something arrives there. Any thread.</summary>
    /// <param name="descriptor">Of the host; told of once for each arrival, and not while the thread is at work.</param>
    /// <param name="onArrival">Called on the sleeper's thread; may run once more after <see cref="Unwatch"/>.</param>
    /// <returns>false when the host cannot.</returns>
    bool TryWatch(int descriptor, Action onArrival);

    /// <summary>Leaves it alone again, before it is closed. Any thread.</summary>
    void Unwatch(int descriptor);
}
