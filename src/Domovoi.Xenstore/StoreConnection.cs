// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;
using Domovoi.Xenstore.Requests;
using Domovoi.Xenstore.Transactions;
using Domovoi.Xenstore.Wire;

namespace Domovoi.Xenstore;

/// <summary>A client's byte stream: what the client sends goes into <see cref="Receive"/>, what it shall get comes from <see cref="Take"/>.</summary>
/// <remarks>The transport is the owner's business: a ring, a socket, a test. One thread feeds a connection; events may become ready on any.</remarks>
public sealed class StoreConnection
{
    private readonly XenstoreServer _server;
    private readonly StoreState _store;
    private readonly ConnectionState _state;
    private readonly byte[] _input = new byte[MessageHeader.Size + MessageHeader.MaximumPayload];
    private int _received;

    internal StoreConnection(XenstoreServer server, StoreState store, ConnectionState state)
    {
        _server = server;
        _store = store;
        _state = state;
    }

    public DomainId Domain => _state.Domain;

    /// <summary>The client broke the protocol (a payload over <c>XENSTORE_PAYLOAD_MAX</c>); nothing more is taken from it.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>False while the client leaves its answers lying: feed it nothing until it has fetched some.</summary>
    public bool WantsInput => !IsBroken && _server.Locked(() => _state.OutgoingCount < _store.Quota.Outstanding);

    /// <summary>Events dropped because the client did not fetch them.</summary>
    public long LostEvents => _server.Locked(() => _state.LostEvents);

    /// <summary>Takes bytes from the client, in pieces of any size, and answers every request that is complete.</summary>
    public void Receive(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && !IsBroken)
        {
            int count = Math.Min(bytes.Length, Wanted() - _received);
            bytes[..count].CopyTo(_input.AsSpan(_received));
            _received += count;
            bytes = bytes[count..];
            Progress();
        }
    }

    /// <summary>Copies out the next bytes for the client; 0 when there are none.</summary>
    public int Take(Span<byte> destination)
    {
        lock (_server.Gate)
        {
            return _state.Take(destination);
        }
    }

    private int Wanted() => _received < MessageHeader.Size
        ? MessageHeader.Size
        : MessageHeader.Size + (int)MessageHeader.Read(_input).Length;

    private void Progress()
    {
        if (_received < MessageHeader.Size)
        {
            return;
        }

        MessageHeader header = MessageHeader.Read(_input);
        if (header.Length > MessageHeader.MaximumPayload)
        {
            IsBroken = true;
        }
        else if (_received == MessageHeader.Size + header.Length)
        {
            _received = 0;
            Answer(header, _input.AsSpan(MessageHeader.Size, (int)header.Length));
        }
    }

    private void Answer(MessageHeader header, ReadOnlySpan<byte> payload)
    {
        Action[] calls;
        lock (_server.Gate)
        {
            _state.HoldEvents();
            Reply reply = Handle(header, payload);
            _state.QueueReply(reply.Error == StoreError.None
                ? MessageHeader.Message(header.Type, header.RequestId, header.TransactionId, reply.Payload.Span)
                : MessageHeader.Message(
                    MessageType.Error, header.RequestId, header.TransactionId, Payload.Of(reply.Error.ToString())));
            calls = _store.TakePendingCalls();
        }

        XenstoreServer.Make(calls);
    }

    private Reply Handle(MessageHeader header, ReadOnlySpan<byte> payload)
    {
        if (RequestTable.Find(header.Type) is not { } handler)
        {
            return Reply.Of(StoreError.ENOSYS);
        }

        Transaction? transaction = null;
        bool usesTransaction = header.TransactionId != 0
            && header.Type is not (MessageType.TransactionStart or MessageType.Watch or MessageType.Unwatch);
        if (usesTransaction && !_state.Transactions.TryGetValue(header.TransactionId, out transaction))
        {
            return Reply.Of(StoreError.ENOENT);
        }

        return handler(new Request
        {
            Store = _store,
            Connection = _state,
            Header = header,
            Payload = payload,
            Transaction = transaction,
        });
    }
}
