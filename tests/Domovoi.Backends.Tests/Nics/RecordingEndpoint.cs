// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using Domovoi.Linux;
using Domovoi.Network.Endpoints;
using Domovoi.Network.Frames;

namespace Domovoi.Backends.Nics;

/// <summary>The far side of a vif under test: keeps what the guest sent, and delivers what the test has for it.</summary>
internal sealed class RecordingEndpoint : INetworkEndpoint
{
    private readonly WakeDescriptor _source = new();

    internal RecordingEndpoint() => Arrivals.Add(_source.Descriptor);

    internal ConcurrentQueue<(byte[] Bytes, FrameOffload Offload)> Sent { get; } = [];

    /// <summary>Who called <see cref="Send"/> last (managed thread id).</summary>
    internal int Sender { get; private set; }

    /// <summary>How long the vif's thread may wait without looking here.</summary>
    internal TimeSpan Patience { get; set; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Frames for the guest; <see cref="NicDeviceTests"/> wakes the vif after adding.</summary>
    internal ConcurrentQueue<(byte[] Bytes, FrameOffload Offload)> Incoming { get; } = [];

    /// <summary>Who called <see cref="ReceiveNow"/> last (managed thread id).</summary>
    internal int Receiver { get; private set; }

    internal bool IsUp { get; private set; }

    public OffloadSupport Accepts => OffloadSupport.All;

    public bool IsCongested => false;

    public bool IsPrompt => true;

    /// <summary>Of one descriptor, at which nothing arrives by itself.</summary>
    public ArrivalSet Arrivals { get; } = new();

    public void SetCarrier(bool isUp) => IsUp = isUp;

    public void Send(Frame frame)
    {
        Sender = Environment.CurrentManagedThreadId;
        Sent.Enqueue((frame.Bytes.ToArray(), frame.Offload));
    }

    public TimeSpan Prepare(PollSet set, IFrameSink sink) => Patience;

    public void Receive(PollSet set, IFrameSink sink) => ReceiveNow(sink);

    public bool ReceiveNow(IFrameSink sink)
    {
        Receiver = Environment.CurrentManagedThreadId;
        Frame frame = new();
        while (sink.HasRoom && Incoming.TryDequeue(out (byte[] Bytes, FrameOffload Offload) next))
        {
            frame.CopyFrom(next.Bytes);
            frame.Offload = next.Offload;
            sink.Deliver(frame);
        }

        return false;
    }

    public void Dispose()
    {
        Arrivals.Dispose();
        _source.Dispose();
    }
}
