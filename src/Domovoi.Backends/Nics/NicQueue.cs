// SPDX-License-Identifier: MIT
using Domovoi.Backends.Rings;
using Domovoi.Backends.Xenbus;

namespace Domovoi.Backends.Nics;

/// <summary>One pair of rings of a vif, with its events: one for both, or one each (<c>feature-split-event-channels</c>).</summary>
internal sealed class NicQueue
{
    private const int TransmitSlot = 12;
    private const int ReceiveSlot = 8;

    private readonly EventBinding _transmitEvent;
    private readonly EventBinding _receiveEvent;

    private NicQueue(NicTransmitter transmitter, NicReceiver receiver, EventBinding transmitEvent, EventBinding receiveEvent)
    {
        Transmitter = transmitter;
        Receiver = receiver;
        _transmitEvent = transmitEvent;
        _receiveEvent = receiveEvent;
    }

    internal NicTransmitter Transmitter { get; }

    internal NicReceiver Receiver { get; }

    internal bool IsBroken => Complaint is not null;

    /// <summary>What the front end did wrong; null while it has not.</summary>
    internal string? Complaint => Transmitter.Complaint ?? Receiver.Complaint;

    /// <param name="front">Shows the rings.</param>
    /// <param name="prefix">Of the queue's nodes.</param>
    /// <param name="wake">Called on the vCPU's thread.</param>
    /// <param name="usesSegments">Whether a packet for the guest may use several pages (<c>feature-sg</c>).</param>
    internal static NicQueue Open(FrontEnd front, string prefix, Action wake, bool usesSegments)
    {
        SharedRing transmit = new(front.Map(prefix + "tx-ring-ref"), TransmitSlot);
        SharedRing receive = new(front.Map(prefix + "rx-ring-ref"), ReceiveSlot);
        bool isSplit = front.Read(prefix + "event-channel-tx") is not null;
        EventBinding transmitEvent = front.Bind(prefix + (isSplit ? "event-channel-tx" : "event-channel"), wake);
        EventBinding receiveEvent = isSplit ? front.Bind(prefix + "event-channel-rx", wake) : transmitEvent;
        return new NicQueue(
            new NicTransmitter(transmit, front.Domain.Grants),
            new NicReceiver(receive, front.Domain.Grants, usesSegments),
            transmitEvent,
            receiveEvent);
    }

    internal void Notify()
    {
        if (Transmitter.Publish())
        {
            _transmitEvent.Raise();
        }

        if (Receiver.Publish())
        {
            _receiveEvent.Raise();
        }
    }
}
