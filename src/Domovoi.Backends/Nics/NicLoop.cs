// SPDX-License-Identifier: MIT
using Domovoi.Linux;
using Domovoi.Network.Endpoints;
using Domovoi.Network.Limits;
using Domovoi.Network.Ports;

namespace Domovoi.Backends.Nics;

/// <summary>The thread of a vif: waits for the guest and for the endpoint at once, and serves both.</summary>
/// <remarks>
/// Lives as long as the vif; the guest's driver comes and goes between two turns, while it holds the gate. A turn belongs to whoever holds the
/// gate: a lone packet that comes while the thread sleeps is sent by the vCPU that signals it, which then looks whether the answer is there
/// already. That spares two threads their wake-ups, most of a ping's time. Under load the vCPU only wakes the thread, and they work side by side.
/// A frame that comes while the first vCPU is idle is taken by that vCPU (<see cref="ArrivalSet"/>), and our thread sleeps on.
/// </remarks>
internal sealed class NicLoop : IDisposable
{
    private const int StackSize = 512 * 1024;
    private const int MostPromptSlots = 2;
    private static readonly TimeSpan Blink = TimeSpan.FromMilliseconds(2);

    private readonly GuestPort _port;
    private readonly TransmitCredit _credit;
    private readonly WakeDescriptor _wake = new();
    private readonly PollSet _set = new();
    private readonly Thread _thread;
    private readonly TrafficDensity _density;
    private readonly Lock _gate = new();                    // guards the connection and the port; held for a turn, not for a wait
    private NicConnection? _connection;
    private bool _isParked;                                 // under the gate: the thread waits, and for nothing but a signal and the endpoint
    private bool _isStale;                                  // under the gate: what it waits for is out of date
    private bool _isShared;                                 // under the gate: an idle vCPU is told of frames first
    private volatile bool _isCalled;                        // the thread is to look for frames, whatever its wait has found
    private volatile bool _stopping;

    internal NicLoop(string name, GuestPort port, TransmitCredit credit, TimeProvider time)
    {
        _port = port;
        _credit = credit;
        _density = new TrafficDensity(port.Counters, time);
        _thread = new Thread(Run, StackSize) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Makes the thread look at the rings. Any thread; never blocks.</summary>
    internal void Wake() => _wake.Wake();

    /// <summary>The guest has signalled: serves it on its own vCPU's thread, or wakes ours. Never blocks.</summary>
    internal void Signal()
    {
        if (_gate.TryEnter())
        {
            bool isDone = _isParked && TryServeLocked();
            _gate.Exit();
            if (isDone)
            {
                return;
            }
        }

        Wake();
    }

    /// <summary>A frame has come while the vCPU was idle, which gives it to the guest, or wakes our thread. Never blocks.</summary>
    private void Arrive()
    {
        if (_gate.TryEnter())
        {
            bool isDone = TryReceiveLocked();
            _gate.Exit();
            if (isDone)
            {
                return;
            }
        }

        _isCalled = true;                                   // nobody else was told of the frame
        Wake();
    }

    /// <summary>A frame for the guest found no room.</summary>
    internal void CountOverflow() => _port.Counters.CountOverflow();

    /// <summary>From now on the guest's driver is served.</summary>
    internal void Attach(NicConnection connection)
    {
        lock (_gate)
        {
            _connection = connection;
            _port.GuestSupport = connection.GuestSupport;
            _port.Guest = connection;
            _port.Endpoint.SetCarrier(isUp: true);
        }

        Wake();
    }

    /// <summary>Nothing touches the guest's memory any more when it returns.</summary>
    internal void Detach(NicConnection connection)
    {
        lock (_gate)
        {
            if (_connection == connection)
            {
                _connection = null;
                _port.Guest = null;
                _port.Endpoint.SetCarrier(isUp: false);
                UnshareLocked();
            }
        }
    }

    /// <summary>Stops the thread and closes the endpoint.</summary>
    public void Dispose()
    {
        if (!_stopping)
        {
            _stopping = true;
            _wake.Wake();
            _thread.Join();
            lock (_gate)                                    // a vCPU may be sending; none begins to any more
            {
                _port.Endpoint.Dispose();
            }
        }
    }

    private void Run()
    {
        int wakePlace = -1;
        while (true)
        {
            _wake.Drain(wakePlace >= 0 && _set.Result(wakePlace) != PollEvents.None);
            if (_stopping)
            {
                return;                                     // looked at after the drain, which may have taken Dispose's wake
            }

            TimeSpan wait;
            lock (_gate)
            {
                _isParked = false;
                if (_isCalled)
                {
                    _isCalled = false;                      // before the look: a later call is for a later frame
                    _port.Endpoint.ReceiveNow(_port);
                }
                else if (!_isStale)
                {
                    _port.Endpoint.Receive(_set, _port);
                }

                _isStale = false;
                ShareLocked();
                bool isBusy = !_port.Endpoint.IsCongested && (_connection?.Transmit(_port, _credit) ?? false);
                _connection?.Notify();
                _set.Clear();
                wakePlace = _set.Add(_wake.Descriptor, PollEvents.In);
                TimeSpan pause = isBusy ? TimeSpan.Zero : Pause();
                wait = Shorter(_port.Endpoint.Prepare(_set, _port), pause);
                _isParked = pause == Timeout.InfiniteTimeSpan && wait != TimeSpan.Zero && _connection is not null && _port.HasRoom;
            }

            _set.Wait(wait);
        }
    }

    /// <returns>false when the thread is to go on: with all, or with what is left.</returns>
    private bool TryServeLocked()
    {
        if (_connection is not { Waiting: > 0 and <= MostPromptSlots } connection || !_density.IsSparse || !_port.Endpoint.IsPrompt || _stopping)
        {
            return false;
        }

        bool isBusy = connection.Transmit(_port, _credit);
        _isStale = _port.Endpoint.ReceiveNow(_port);
        connection.Notify();
        return !isBusy && !_isStale && Pause() == Timeout.InfiniteTimeSpan && _port.HasRoom;
    }

    /// <returns>false when the thread is to go on.</returns>
    private bool TryReceiveLocked()
    {
        if (_connection is not { } connection || _stopping)
        {
            return false;
        }

        if (!_density.IsSparse)
        {
            UnshareLocked();                                // a stream is the thread's, beside the vCPU
            return false;
        }

        bool isStale = _port.Endpoint.ReceiveNow(_port);
        connection.Notify();
        return !isStale && _port.HasRoom;
    }

    /// <summary>While little comes, an idle vCPU is told of it before the thread.</summary>
    private void ShareLocked()
    {
        if (!_isShared && !_stopping && _connection?.IdleVcpu is { } vcpu && _density.IsSparse)
        {
            _isShared = true;
            _port.Endpoint.Arrivals?.Share(descriptor => vcpu.TryWatch(descriptor, Arrive), vcpu.Unwatch);
        }
    }

    private void UnshareLocked()
    {
        _isShared = false;
        _port.Endpoint.Arrivals?.Unshare();
    }

    /// <summary>How long the guest's side can be left alone, unless it signals.</summary>
    private TimeSpan Pause()
    {
        if (_connection is null || _connection.IsBroken)
        {
            return Timeout.InfiniteTimeSpan;
        }

        if (_port.Endpoint.IsCongested)
        {
            return Blink;
        }

        TimeSpan credit = _connection.HasWaiting ? _credit.Wait : TimeSpan.Zero;
        if (credit > TimeSpan.Zero)
        {
            return credit;
        }

        return _connection.Rearm() switch
        {
            RearmResult.Found => TimeSpan.Zero,
            RearmResult.WillNotBeTold => Blink,
            _ => Timeout.InfiniteTimeSpan,
        };
    }

    private static TimeSpan Shorter(TimeSpan left, TimeSpan right) =>
        left == Timeout.InfiniteTimeSpan ? right : right == Timeout.InfiniteTimeSpan || left < right ? left : right;
}
