// SPDX-License-Identifier: MIT
namespace Domovoi.Linux;

/// <summary>Where one thread sleeps, to the nanosecond, until another opens the gate or something arrives at a descriptor, which it then sees to.</summary>
/// <remarks>An opening is kept until the next wait. On a host before Linux 5.11 it only opens: nothing can be watched.</remarks>
public sealed class ArrivalGate : IDisposable
{
    private const int MostAtOnce = 16;

    private readonly FutexGate? _simple;
    private readonly EventPoll _poll = new();
    private readonly WakeDescriptor _wake = new();
    private readonly Lock _lock = new();                    // guards what is below
    private readonly Dictionary<int, Action> _watched = [];
    private bool _isDisposed;
    private bool _isExact;                                  // the sleeper's own

    public ArrivalGate()
    {
        if (_poll.CanWait)
        {
            _poll.Add(_wake.Descriptor, onlyArrivals: true);
        }
        else
        {
            _simple = new FutexGate();
        }
    }

    /// <summary>From now on the sleeper wakes when something arrives at a descriptor. Any thread.</summary>
    /// <param name="descriptor">Told of once each time something arrives: what is not read then is not told of again.</param>
    /// <param name="onArrival">Called on the sleeper's thread; may run once more after <see cref="Unwatch"/>.</param>
    /// <returns>false when the host cannot.</returns>
    public bool TryWatch(int descriptor, Action onArrival)
    {
        lock (_lock)
        {
            if (_simple is not null || _isDisposed)
            {
                return false;
            }

            _watched[descriptor] = onArrival;
            _poll.Add(descriptor, onlyArrivals: true);
            return true;
        }
    }

    /// <summary>Leaves a descriptor alone again; before it is closed. Any thread.</summary>
    public void Unwatch(int descriptor)
    {
        lock (_lock)
        {
            if (!_isDisposed && _watched.Remove(descriptor))
            {
                _poll.Remove(descriptor);
            }
        }
    }

    /// <summary>Sleeps until the gate opens, something arrives or the time is up; may return early. One thread only.</summary>
    /// <param name="nanoseconds"><see cref="long.MaxValue"/> waits for ever.</param>
    public void Wait(long nanoseconds)
    {
        if (_simple is not null)
        {
            _simple.Wait(nanoseconds);
            return;
        }

        if (_wake.TryForget() || nanoseconds <= 0)
        {
            return;
        }

        if (!_isExact)
        {
            _isExact = true;
            TimerSlack.Drop();
        }

        Span<int> ready = stackalloc int[MostAtOnce];
        int count = _poll.Wait(ready, nanoseconds);
        _wake.TryForget();
        while (count > 0)
        {
            foreach (int descriptor in ready[..count])
            {
                SeeTo(descriptor);
            }

            count = count == MostAtOnce ? _poll.Wait(ready, 0) : 0;
        }
    }

    /// <summary>Wakes the sleeper, or makes the next wait return at once. Any thread.</summary>
    public void Open()
    {
        if (_simple is not null)
        {
            _simple.Open();
        }
        else
        {
            _wake.Wake();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
        }

        _simple?.Dispose();
        _poll.Dispose();
        _wake.Dispose();
    }

    private void SeeTo(int descriptor)
    {
        Action? action;
        lock (_lock)
        {
            action = _watched.GetValueOrDefault(descriptor);
        }

        action?.Invoke();
    }
}
