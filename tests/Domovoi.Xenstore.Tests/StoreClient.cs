// SPDX-License-Identifier: MIT
using System.Text;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore.Wire;

namespace Domovoi.Xenstore;

/// <summary>A guest's side of a connection: sends one request at a time, keeps the events.</summary>
internal sealed class StoreClient
{
    private readonly StoreConnection _connection;

    internal StoreClient(XenstoreServer server, ushort domain) =>
        _connection = server.Connect(new DomainId(domain), () => Wakes++);

    internal int Wakes { get; private set; }

    internal StoreConnection Connection => _connection;

    /// <summary>The answer with <c>|</c> for NUL; an error's name for an error.</summary>
    internal string Ask(MessageType type, string payload, uint transaction = 0)
    {
        _connection.Receive(MessageHeader.Message(type, 7, transaction, Encoding.Latin1.GetBytes(payload.Replace('|', '\0'))));
        foreach ((MessageHeader header, string text) in Fetch())
        {
            if (header.Type != MessageType.WatchEvent)
            {
                Assert.Equal(7u, header.RequestId);
                Assert.Equal(transaction, header.TransactionId);
                Assert.True(header.Type == type || header.Type == MessageType.Error);
                return header.Type == MessageType.Error ? text.TrimEnd('|') : text;
            }
        }

        return "";
    }

    internal uint Start() => uint.Parse(Ask(MessageType.TransactionStart, "|").TrimEnd('|'), null);

    /// <summary>Events since the last request, <c>path token</c>.</summary>
    internal List<string> Events { get; } = [];

    internal List<string> TakeEvents()
    {
        _ = Fetch();
        List<string> events = [.. Events];
        Events.Clear();
        return events;
    }

    private List<(MessageHeader Header, string Text)> Fetch()
    {
        byte[] bytes = new byte[1 << 21];
        int length = _connection.Take(bytes);
        List<(MessageHeader, string)> messages = [];
        for (int at = 0; at < length;)
        {
            MessageHeader header = MessageHeader.Read(bytes.AsSpan(at));
            string text = Encoding.Latin1.GetString(bytes, at + MessageHeader.Size, (int)header.Length).Replace('\0', '|');
            messages.Add((header, text));
            at += MessageHeader.Size + (int)header.Length;
            if (header.Type == MessageType.WatchEvent)
            {
                Events.Add(text.TrimEnd('|').Replace('|', ' '));
            }
        }

        return messages;
    }
}
