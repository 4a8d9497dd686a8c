// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Backends.Xenbus;
using Domovoi.Hypervisor.Timers;
using Domovoi.Network.Frames;
using Domovoi.Network.Limits;
using Domovoi.Network.Ports;

namespace Domovoi.Backends.Nics;

/// <summary>What a vif's thread knows before it sleeps.</summary>
internal enum RearmResult
{
    /// <summary>The guest will signal.</summary>
    Armed,

    /// <summary>There is something to do already.</summary>
    Found,

    /// <summary>The guest's driver does not signal when it has made room, which we wait for.</summary>
    WillNotBeTold,
}

/// <summary>A connected front end: its queues, and what it has said it can do. Belongs to whoever holds the loop's gate once attached.</summary>
internal sealed class NicConnection : IFrameSink, IDisposable
{
    private const int BytesPerTurn = 1 << 20;

    private readonly NicLoop _loop;
    private readonly NicQueue[] _queues;
    private readonly MulticastFilter? _multicasts;
    private readonly bool _signalsRoom;
    private readonly FrontEnd _front;
    private readonly Frame _frame = new();
    private bool _toldBroken;

    private NicConnection(FrontEnd front, NicQueue[] queues, NicLoop loop)
    {
        _front = front;
        _queues = queues;
        _loop = loop;
        GuestSupport = SupportOf(front);
        _signalsRoom = front.Number("feature-rx-notify", 0) != 0;
        _multicasts = front.Number("request-multicast-control", 0) != 0 ? new MulticastFilter() : null;
    }

    internal OffloadSupport GuestSupport { get; }

    /// <summary>Where an idle vCPU of the guest can be told of frames.</summary>
    internal IArrivalWatch? IdleVcpu => _front.Domain.IdleVcpu;

    /// <summary>A ring holds what no driver writes; nothing is taken from any until the front end comes back.</summary>
    internal bool IsBroken => Array.Exists(_queues, static queue => queue.IsBroken);

    internal bool HasWaiting => Array.Exists(_queues, static queue => queue.Transmitter.HasWaiting);

    /// <summary>Slots the guest has filled and we have not looked at.</summary>
    internal int Waiting => _queues.Sum(static queue => queue.Transmitter.Waiting);

    public bool HasRoom => Array.TrueForAll(_queues, static queue => queue.Receiver.HasRoom);

    /// <summary>Maps the rings the front end shows, binds their events, and begins to serve.</summary>
    /// <exception cref="FrontEndException">It shows something that cannot be used.</exception>
    internal static NicConnection Open(FrontEnd front, int mostQueues, NicLoop loop)
    {
        if (front.Number("request-rx-copy", 0) == 0)
        {
            throw new FrontEndException("request-rx-copy is not 1, and page flipping is gone");
        }

        uint count = front.Number("multi-queue-num-queues", 1);
        if (count == 0 || count > mostQueues)
        {
            throw new FrontEndException($"multi-queue-num-queues is {count}; 1 to {mostQueues} were offered");
        }

        bool usesSegments = front.Number("feature-sg", 0) != 0;
        NicQueue[] queues = new NicQueue[count];
        for (int index = 0; index < queues.Length; index++)
        {
            string prefix = count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"queue-{index}/");
            queues[index] = NicQueue.Open(front, prefix, loop.Signal, usesSegments);
        }

        NicConnection connection = new(front, queues, loop);
        loop.Attach(connection);
        return connection;
    }

    /// <summary>Takes packets of the guest, as many as a turn may have.</summary>
    /// <returns>Whether there may be more.</returns>
    internal bool Transmit(GuestPort port, TransmitCredit credit)
    {
        bool isBusy = false;
        foreach (NicQueue queue in _queues)
        {
            int left = BytesPerTurn;
            while (!IsBroken && left > 0 && !port.Endpoint.IsCongested && credit.Wait == TimeSpan.Zero && queue.Transmitter.TryTake(_frame, _multicasts, port.Counters))
            {
                left -= Math.Max(_frame.Length, 64);
                if (_frame.Length > 0)
                {
                    credit.Spend(_frame.Length);
                    port.Transmit(_frame);
                }
            }

            isBusy |= left <= 0;
        }

        TellIfBroken();
        return isBusy && !IsBroken;
    }

    /// <summary>Shows the guest what was answered in this turn, and signals where it wants to know.</summary>
    internal void Notify()
    {
        foreach (NicQueue queue in _queues)
        {
            queue.Notify();
        }
    }

    /// <summary>Asks the guest to signal what comes next.</summary>
    internal RearmResult Rearm()
    {
        bool lacksRoom = false;
        foreach (NicQueue queue in _queues)
        {
            lacksRoom |= !queue.Receiver.HasRoom;
            if (queue.Transmitter.Rearm() || (!queue.Receiver.HasRoom && queue.Receiver.RearmFoundRoom()))
            {
                return RearmResult.Found;
            }
        }

        return lacksRoom && !_signalsRoom ? RearmResult.WillNotBeTold : RearmResult.Armed;
    }

    public void Deliver(Frame frame)
    {
        if (IsBroken || _multicasts?.Allows(frame.Destination) == false)
        {
            return;
        }

        NicQueue queue = _queues.Length == 1 ? _queues[0] : _queues[FlowHash.Of(frame.Bytes) % (uint)_queues.Length];
        if (!queue.Receiver.TryPut(frame))
        {
            _loop.CountOverflow();
        }
    }

    public void Dispose() => _loop.Detach(this);

    private static OffloadSupport SupportOf(FrontEnd front)
    {
        OffloadSupport support = OffloadSupport.None;
        support |= front.Number("feature-no-csum-offload", 0) == 0 ? OffloadSupport.Checksum4 : 0;
        support |= front.Number("feature-ipv6-csum-offload", 0) != 0 ? OffloadSupport.Checksum6 : 0;
        if (front.Number("feature-sg", 0) != 0)
        {
            support |= front.Number("feature-gso-tcpv4", 0) != 0 ? OffloadSupport.Tcp4 : 0;
            support |= front.Number("feature-gso-tcpv6", 0) != 0 ? OffloadSupport.Tcp6 : 0;
        }

        return support;
    }

    private void TellIfBroken()
    {
        if (!_toldBroken && IsBroken)
        {
            _toldBroken = true;
            string why = _queues.Select(static queue => queue.Complaint).First(static complaint => complaint is not null)!;
            _front.Domain.Log($"{_front.Address}: the guest's driver cannot be served any more: {why}.");
            _front.Show("error", why);
        }
    }
}
