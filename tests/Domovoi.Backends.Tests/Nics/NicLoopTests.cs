// SPDX-License-Identifier: MIT
using Domovoi.Backends.Xenbus;
using Domovoi.Network.Frames;
using Domovoi.Network.Ports;
using Domovoi.Network.Vlans;
using Domovoi.Xen.Abi;
using Microsoft.Extensions.Time.Testing;

namespace Domovoi.Backends.Nics;

/// <summary>Which thread serves a guest's signal: its own for a lone packet, the vif's for all else.</summary>
public sealed class NicLoopTests : IDisposable
{
    private static readonly byte[] s_packet = new byte[60];

    private readonly TestGuest _guest = new(frames: 4096);
    private readonly RecordingEndpoint _endpoint = new() { Patience = Timeout.InfiniteTimeSpan };
    private readonly FakeTimeProvider _time = new();
    private readonly NicDevice _device;
    private readonly DeviceBus _bus;
    private readonly FakeNetfront _front;

    public NicLoopTests()
    {
        NicSettings settings = new(0, MacAddress.Broadcast, 1500, Queues: 1, Rate: null, Trusted: true, []);
        _device = new NicDevice(settings, new GuestPort(_endpoint, VlanPolicy.Everything, null), _time);
        _bus = new DeviceBus(_guest.Domain);
        Assert.True(_bus.TryAdd(_device));
        _front = new FakeNetfront(_guest);
        _front.Connect();
        TestGuest.Until(() => _endpoint.IsUp);
        _front.Post(64);
        _front.Signal();
    }

    public void Dispose()
    {
        _bus.Dispose();
        _device.Dispose();
        _guest.Dispose();
        _endpoint.Dispose();
    }

    [Fact]
    public void LonePacket_IsSentByTheSignallingThread_WhichTakesTheAnswerAlong()
    {
        SendUntilServedHere();
        _endpoint.Incoming.Enqueue((s_packet, default));
        _front.Send(s_packet);
        _front.Signal();
        Assert.Equal(Environment.CurrentManagedThreadId, _endpoint.Sender);
        Assert.Equal(60, Assert.Single(_front.Receive.Take<NetifRxResponse>()).Status);
    }

    [Fact]
    public void ManyPackets_AreLeftToTheThread()
    {
        SendUntilServedHere();
        for (int i = 0; i < 3; i++)
        {
            _front.Send(s_packet);
        }

        _front.Signal();
        TestGuest.Until(() => _endpoint.Sent.Count == 3);
        Assert.NotEqual(Environment.CurrentManagedThreadId, _endpoint.Sender);
    }

    [Fact]
    public void Stream_IsLeftToTheThread_UntilItIsOver()
    {
        SendUntilServedHere();
        for (int sent = 0; sent < 32_000; sent += 4000)
        {
            Serve(new byte[4000]);
        }

        Assert.False(IsServedHere());
        _time.Advance(TimeSpan.FromMilliseconds(100));
        SendUntilServedHere();
    }

    [Fact]
    public void FrameForAnIdleVcpu_IsTakenByItsThread()
    {
        SendUntilServedHere();
        _endpoint.Incoming.Enqueue((s_packet, default));
        Assert.Single(_guest.Idle.Watched).Value();
        Assert.Equal(Environment.CurrentManagedThreadId, _endpoint.Receiver);
        Assert.Equal(60, Assert.Single(_front.Receive.Take<NetifRxResponse>()).Status);
    }

    [Fact]
    public void Stream_IsNotTheIdleVcpus_UntilItIsOver()
    {
        SendUntilServedHere();
        Action arrive = Assert.Single(_guest.Idle.Watched).Value;
        for (int sent = 0; sent < 32_000; sent += 4000)
        {
            Serve(new byte[4000]);
        }

        arrive();
        Assert.Empty(_guest.Idle.Watched);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        TestGuest.Until(() =>
        {
            _front.Signal();
            return !_guest.Idle.Watched.IsEmpty;
        });
    }

    [Fact]
    public void FrameWithoutRoom_IsLeftToTheThread()
    {
        SendUntilServedHere();
        for (int i = 0; i < 65; i++)
        {
            _endpoint.Incoming.Enqueue((s_packet, default));
        }

        Assert.Single(_guest.Idle.Watched).Value();
        Assert.NotEmpty(_front.Receive.Take<NetifRxResponse>());
        Assert.False(_endpoint.Incoming.IsEmpty);
        _front.Post(64);
        _front.Signal();
        TestGuest.Until(() => _endpoint.Incoming.IsEmpty);
        Assert.NotEqual(Environment.CurrentManagedThreadId, _endpoint.Receiver);
    }

    [Fact]
    public void DriverThatHasGone_LeavesNothingToTheVcpu()
    {
        TestGuest.Until(() => !_guest.Idle.Watched.IsEmpty);
        Action arrive = Assert.Single(_guest.Idle.Watched).Value;
        _bus.Dispose();
        Assert.Empty(_guest.Idle.Watched);
        _endpoint.Incoming.Enqueue((s_packet, default));
        arrive();                                           // one that was on its way
        Assert.Empty(_front.Receive.Take<NetifRxResponse>());
    }

    /// <summary>The thread may be about to sleep; soon it does.</summary>
    private void SendUntilServedHere() => Assert.Contains(true, Enumerable.Range(0, 1000).Select(_ => IsServedHere()));

    private bool IsServedHere()
    {
        _time.Advance(TimeSpan.FromMicroseconds(10));
        Serve(s_packet);
        return _endpoint.Sender == Environment.CurrentManagedThreadId;
    }

    private void Serve(byte[] packet)
    {
        _front.Send(packet);
        _front.Signal();
        TestGuest.Until(() => _endpoint.Sent.TryDequeue(out _));
        _front.Transmit.Take<NetifTxResponse>();
    }
}
