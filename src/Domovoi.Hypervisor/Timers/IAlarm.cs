// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Timers;

/// <summary>A clock that wakes one thread once, at a time others may move while it sleeps. Moving it wakes nobody.</summary>
public interface IAlarm : IDisposable
{
    /// <summary>Goes off after <paramref name="nanoseconds"/> instead of when it was to before. Any thread, one at a time.</summary>
    /// <param name="nanoseconds">0 or less: now. <see cref="long.MaxValue"/>: not at all.</param>
    void Set(long nanoseconds);

    /// <summary>Sleeps until it goes off; may return early. One thread only.</summary>
    void Wait();
}
