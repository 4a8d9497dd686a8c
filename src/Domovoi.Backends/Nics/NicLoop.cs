// SPDX-License-Identifier: MIT
using Domovoi.Linux;
using Domovoi.Network.Limits;
using Domovoi.Network.Ports;

namespace Domovoi.Backends.Nics;

/// <summary>The thread of a vif: waits for the guest and for the endpoint at once, and serves both.</summary>
/// <remarks>Lives as long as the vif; the guest's driver comes and goes between two turns, while it holds the gate.</remarks>
internal sealed class NicLoop : IDisposable
{
    private const int StackSize = 512 * 1024;
    private static readonly TimeSpan Blink = TimeSpan.FromMilliseconds(2);

    private readonly GuestPort _port;
    private readonly TransmitCredit _credit;
    private readonly WakeDescriptor _wake = new();
    private readonly PollSet _set = new();
    private readonly Thread _thread;
    private readonly Lock _gate = new();                    // guards the connection; held for a turn, not for a wait
    private NicConnection? _connection;
    private volatile bool _stopping;

    internal NicLoop(string name, GuestPort port, TransmitCredit credit)
    {
        _port = port;
        _credit = credit;
        _thread = new Thread(Run, StackSize) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Makes the thread look at the rings. Any thread; never blocks.</summary>
    internal void Wake() => _wake.Wake();

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
            _port.Endpoint.Dispose();
        }
    }

    private void Run()
    {
        int wakePlace = -1;
        while (!_stopping)
        {
            _wake.Drain(wakePlace >= 0 && _set.Result(wakePlace) != PollEvents.None);
            TimeSpan wait;
            lock (_gate)
            {
                _port.Endpoint.Receive(_set, _port);
                bool isBusy = !_port.Endpoint.IsCongested && (_connection?.Transmit(_port, _credit) ?? false);
                _connection?.Notify();
                _set.Clear();
                wakePlace = _set.Add(_wake.Descriptor, PollEvents.In);
                wait = Shorter(_port.Endpoint.Prepare(_set, _port), isBusy ? TimeSpan.Zero : Pause());
            }

            _set.Wait(wait);
        }
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
