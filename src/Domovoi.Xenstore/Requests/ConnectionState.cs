// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;
using Domovoi.Xenstore.Store;
using Domovoi.Xenstore.Transactions;
using Domovoi.Xenstore.Watches;
using Domovoi.Xenstore.Wire;

namespace Domovoi.Xenstore.Requests;

/// <summary>What the server remembers of one client. Belongs to the holder of the server's lock.</summary>
internal sealed class ConnectionState(DomainId domain, Action outputReady)
{
    /// <summary>Xen's memory quota of a domain, less what the tree may hold: past it, events are lost rather than memory.</summary>
    private const int MaximumEventBytes = 1 << 20;

    private readonly Queue<Outgoing> _output = new();
    private readonly HashSet<(string Path, string Token)> _queuedEvents = [];
    private readonly List<(string Path, string Token)> _heldEvents = [];
    private uint _lastTransaction;
    private int _eventBytes;
    private int _sentOfFirst;
    private bool _holdsEvents;
    private bool _becameReady;

    internal DomainId Domain { get; } = domain;

    internal WatchTable Watches { get; } = new();

    internal Dictionary<uint, Transaction> Transactions { get; } = [];

    internal int OutgoingCount => _output.Count;

    /// <summary>Events that were dropped because the client does not fetch them.</summary>
    internal long LostEvents { get; private set; }

    internal uint? StartTransaction(StoreState store)
    {
        if (Transactions.Count >= store.Quota.Transactions && Domain != DomainId.Zero)
        {
            return null;
        }

        do
        {
            _lastTransaction++;
        }
        while (_lastTransaction == 0 || Transactions.ContainsKey(_lastTransaction));

        Transactions.Add(_lastTransaction, new Transaction(store.Tree, store.Quota));
        return _lastTransaction;
    }

    /// <summary>Until <see cref="QueueReply"/>, events wait: the answer goes first.</summary>
    internal void HoldEvents() => _holdsEvents = true;

    internal void QueueReply(byte[] message)
    {
        _holdsEvents = false;
        Queue(new Outgoing(message, null));
        foreach ((string path, string token) in _heldEvents)
        {
            QueueEvent(path, token);
        }

        _heldEvents.Clear();
    }

    /// <summary><c>XS_WATCH_EVENT</c>. An event that still waits to be fetched is not queued twice.</summary>
    internal void QueueEvent(string path, string token)
    {
        if (_holdsEvents)
        {
            _heldEvents.Add((path, token));
            return;
        }

        int size = MessageHeader.Size + path.Length + token.Length + 2;
        if (_eventBytes + size > MaximumEventBytes || size > MessageHeader.Size + MessageHeader.MaximumPayload)
        {
            LostEvents++;
        }
        else if (_queuedEvents.Add((path, token)))
        {
            _eventBytes += size;
            Queue(new Outgoing(MessageHeader.Message(MessageType.WatchEvent, 0, 0, Payload.Of(path, token)), (path, token)));
        }
    }

    /// <summary>Takes the next bytes to send.</summary>
    internal int Take(Span<byte> destination)
    {
        int taken = 0;
        while (taken < destination.Length && _output.TryPeek(out Outgoing first))
        {
            ReadOnlySpan<byte> rest = first.Message.AsSpan(_sentOfFirst);
            int count = Math.Min(rest.Length, destination.Length - taken);
            rest[..count].CopyTo(destination[taken..]);
            taken += count;
            _sentOfFirst += count;
            if (count == rest.Length)
            {
                Drop(first);
            }
        }

        return taken;
    }

    /// <summary>Whom to call if something was queued since the last time; else null.</summary>
    internal Action? TakeReadiness()
    {
        bool ready = _becameReady;
        _becameReady = false;
        return ready ? outputReady : null;
    }

    private void Queue(Outgoing message)
    {
        _output.Enqueue(message);
        _becameReady = true;
    }

    private void Drop(Outgoing first)
    {
        _output.Dequeue();
        _sentOfFirst = 0;
        if (first.Event is { } sent)
        {
            _queuedEvents.Remove(sent);
            _eventBytes -= first.Message.Length;
        }
    }

    private readonly record struct Outgoing(byte[] Message, (string Path, string Token)? Event);
}
