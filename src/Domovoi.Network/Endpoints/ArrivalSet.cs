// SPDX-License-Identifier: MIT
using Domovoi.Linux;

namespace Domovoi.Network.Endpoints;

/// <summary>The descriptors at which frames arrive at an endpoint, and who is told: somebody idle it is shared with, else the vif's thread.</summary>
/// <remarks>The host's kernel tells one of them of each arrival, so that no second thread wakes for a frame. Belongs to whoever holds the vif's gate.</remarks>
public sealed class ArrivalSet : IDisposable
{
    private readonly EventPoll _poll = new();
    private readonly List<int> _descriptors = [];
    private Func<int, bool>? _watch;
    private Action<int>? _unwatch;

    /// <summary>For the thread's <see cref="PollSet"/>: readable when a frame has come that nobody else was told of.</summary>
    public int Descriptor => _poll.Descriptor;

    /// <summary>Frames arrive there from now on.</summary>
    public void Add(int descriptor)
    {
        _descriptors.Add(descriptor);
        Open(descriptor);
    }

    /// <summary>No more of them; before it is closed.</summary>
    public void Remove(int descriptor)
    {
        if (_descriptors.Remove(descriptor))
        {
            Close(descriptor);
        }
    }

    /// <summary>Has another told before the thread.</summary>
    /// <param name="watch">Begins to watch a descriptor; false when that cannot be.</param>
    /// <param name="unwatch">Leaves it alone.</param>
    public void Share(Func<int, bool> watch, Action<int> unwatch)
    {
        _descriptors.ForEach(Close);
        (_watch, _unwatch) = (watch, unwatch);
        _descriptors.ForEach(Open);
    }

    /// <summary>The thread alone is told again.</summary>
    public void Unshare()
    {
        if (_unwatch is { } unwatch)
        {
            _descriptors.ForEach(unwatch);
            (_watch, _unwatch) = (null, null);
        }
    }

    public void Dispose()
    {
        Unshare();
        _poll.Dispose();
    }

    private void Open(int descriptor)
    {
        _watch?.Invoke(descriptor);                         // first: who has it first is asked first
        _poll.Add(descriptor, onlyArrivals: false);
    }

    private void Close(int descriptor)
    {
        _poll.Remove(descriptor);
        _unwatch?.Invoke(descriptor);
    }
}
