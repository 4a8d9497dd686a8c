// SPDX-License-Identifier: MIT
using System.Net;
using System.Net.Sockets;
using Domovoi.Linux;
using Domovoi.Network.Endpoints;

namespace Domovoi.Network;

/// <summary>Who is told that a frame has come: an idle sleeper, or the thread that polls the set. Never neither.</summary>
public sealed class ArrivalSetTests : IDisposable
{
    private readonly ArrivalSet _set = new();
    private readonly ArrivalGate _gate = new();
    private readonly WakeDescriptor _source = new();
    private readonly PollSet _thread = new();
    private int _seen;

    public ArrivalSetTests() => _set.Add(_source.Descriptor);

    public void Dispose()
    {
        _set.Dispose();
        _gate.Dispose();
        _source.Dispose();
    }

    [Fact]
    public void Arrival_WhileTheSleeperSleeps_IsItsAlone()
    {
        Share();
        Assert.Contains(true, Enumerable.Range(0, 100).Select(_ => IsTakenByASleeper()));
    }

    [Fact]
    public void Arrival_WhileNobodySleeps_IsTheThreads()
    {
        Share();
        _source.Wake();
        Assert.True(IsThreadTold());
        Assert.Equal(0, _seen);
    }

    [Fact]
    public void Arrival_AfterUnsharing_IsTheThreads()
    {
        Share();
        _set.Unshare();
        _source.Wake();
        _gate.Wait(1);
        Assert.True(IsThreadTold());
        Assert.Equal(0, _seen);
    }

    [Fact]
    public void ArrivalThatNobodyTook_IsSeenByTheNextSleep_AndToldOnce()
    {
        Share();
        _source.Wake();
        _gate.Wait(long.MaxValue);
        Assert.Equal(1, _seen);
        _gate.Wait(1);
        Assert.Equal(1, _seen);
    }

    [Fact]
    public void RemovedDescriptor_IsToldToNobody()
    {
        Share();
        _set.Remove(_source.Descriptor);
        _source.Wake();
        _gate.Wait(1);
        Assert.False(IsThreadTold());
        Assert.Equal(0, _seen);
    }

    [Fact]
    public void Opening_IsKeptUntilTheNextWait()
    {
        _gate.Open();
        _gate.Wait(long.MaxValue);
        Thread opener = new(_gate.Open);
        opener.Start();
        _gate.Wait(long.MaxValue);                          // hangs unless the opening ends it
        opener.Join();
    }

    [Fact]
    public void ManyArrivalsAtOnce_AreAllSeen()
    {
        WakeDescriptor[] sources = [.. Enumerable.Range(0, 40).Select(static _ => new WakeDescriptor())];
        Array.ForEach(sources, source => Assert.True(_gate.TryWatch(source.Descriptor, () => _seen++)));
        Array.ForEach(sources, static source => source.Wake());
        _gate.Wait(long.MaxValue);
        Assert.Equal(40, _seen);
        Array.ForEach(sources, static source => source.Dispose());
    }

    /// <summary>The sleeper sleeps a moment, then works until a frame has been taken: one that nobody was told of would stay for ever.</summary>
    [Fact]
    public void EveryArrival_IsTaken_WhateverTheSleeperDoes()
    {
        using Socket inlet = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using Socket outlet = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        inlet.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        outlet.Connect(inlet.LocalEndPoint!);

        using Takers takers = new(inlet);
        for (int sent = 1; sent <= 5000; sent++)
        {
            outlet.Send([1]);
            Assert.True(SpinWait.SpinUntil(() => takers.Taken == sent, TimeSpan.FromSeconds(20)), $"Nobody was told of frame {sent}.");
        }
    }

    private void Share() => _set.Share(descriptor => _gate.TryWatch(descriptor, () => Interlocked.Increment(ref _seen)), _gate.Unwatch);

    /// <summary>Wakes the sleeper when the host says that its thread sleeps, though it cannot say on what.</summary>
    private bool IsTakenByASleeper()
    {
        int before = Volatile.Read(ref _seen);
        int thread = 0;
        Thread sleeper = new(() =>
        {
            Volatile.Write(ref thread, ThreadAffinity.CurrentThread);
            _gate.Wait(long.MaxValue);
        });
        sleeper.Start();
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref thread) is not 0 and int id && IsAsleep(id), TimeSpan.FromSeconds(20)));
        _source.Wake();
        sleeper.Join();
        Assert.Equal(before + 1, Volatile.Read(ref _seen));
        bool isThreadTold = IsThreadTold();
        _source.Drain(isReadable: true);
        Assert.False(IsThreadTold());                       // epoll keeps what it told until a look finds nothing
        return !isThreadTold;
    }

    /// <summary>proc(5): the state stands behind the name in parentheses.</summary>
    private static bool IsAsleep(int thread)
    {
        string stat = File.ReadAllText($"/proc/self/task/{thread}/stat");
        return stat[stat.LastIndexOf(')') + 2] == 'S';
    }

    private bool IsThreadTold()
    {
        _thread.Clear();
        int place = _thread.Add(_set.Descriptor, PollEvents.In);
        _thread.Wait(TimeSpan.Zero);
        return _thread.Result(place) != PollEvents.None;
    }

    /// <summary>A sleeper and a thread that take what arrives at a socket.</summary>
    private sealed class Takers : IDisposable
    {
        private readonly Socket _inlet;
        private readonly ArrivalSet _set = new();
        private readonly ArrivalGate _gate = new();
        private readonly WakeDescriptor _stop = new();
        private readonly Lock _turn = new();
        private readonly Thread _sleeper;
        private readonly Thread _poller;
        private volatile int _taken;
        private volatile bool _stopping;

        internal Takers(Socket inlet)
        {
            _inlet = inlet;
            _set.Add((int)inlet.Handle);
            _set.Share(descriptor => _gate.TryWatch(descriptor, TakeAll), _gate.Unwatch);
            _sleeper = new Thread(Sleep);
            _poller = new Thread(Poll);
            _sleeper.Start();
            _poller.Start();
        }

        internal int Taken => _taken;

        public void Dispose()
        {
            _stopping = true;
            _stop.Wake();
            _sleeper.Join();
            _poller.Join();
            _set.Dispose();
            _gate.Dispose();
            _stop.Dispose();
        }

        private void TakeAll()
        {
            lock (_turn)
            {
                while (_inlet.Available > 0)
                {
                    _taken += _inlet.Receive(new byte[1]);
                }
            }
        }

        private void Sleep()
        {
            for (int nanoseconds = 1; !_stopping; nanoseconds = (nanoseconds + 7919) % 100_000)
            {
                _gate.Wait(nanoseconds);
                int before = _taken;
                SpinWait.SpinUntil(() => _taken != before || _stopping);
            }
        }

        private void Poll()
        {
            PollSet polled = new();
            polled.Add(_set.Descriptor, PollEvents.In);
            polled.Add(_stop.Descriptor, PollEvents.In);
            while (!_stopping)
            {
                polled.Wait(Timeout.InfiniteTimeSpan);
                TakeAll();
            }
        }
    }
}
