// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Timers;

/// <summary>Where one thread sleeps until another opens the gate or time is up. An opening is remembered until the next wait.</summary>
public interface IWakeGate : IDisposable
{
    /// <summary>Sleeps until the gate opens or <paramref name="nanoseconds"/> pass; may return early. One thread only.</summary>
    /// <param name="nanoseconds"><see cref="long.MaxValue"/> waits for ever.</param>
    void Wait(long nanoseconds);

    /// <summary>Wakes the sleeper, or the next wait returns at once. Any thread.</summary>
    void Open();
}
