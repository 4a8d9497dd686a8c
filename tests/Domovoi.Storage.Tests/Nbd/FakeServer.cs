// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Domovoi.Storage.Nbd;

/// <summary>An NBD server that says what a test tells it to, byte by byte.</summary>
internal sealed class FakeServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Action<FakeServer> _script;
    private readonly Thread _thread;
    private readonly List<Socket> _clients = [];
    private Socket? _client;

    internal FakeServer(Action<FakeServer> script)
    {
        _script = script;
        _listener.Start();
        _thread = new Thread(Serve) { IsBackground = true };
        _thread.Start();
    }

    internal NbdAddress Address => new("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port, null, "disk");

    internal int Connections { get; private set; }

    /// <summary>What the handshake of an honest server is, up to where requests begin.</summary>
    internal void Greet(bool structured, ulong length = 1 << 20, ushort flags = 0x2D)
    {
        Say(NbdProtocol.Magic, NbdProtocol.OptionMagic);
        SayBytes([0, 3]);
        Hear(4);
        HearOption();
        Reply(NbdProtocol.OptionStructuredReply, structured ? NbdProtocol.ReplyAcknowledge : NbdProtocol.ReplyUnsupported, []);
        HearOption();
        byte[] info = new byte[12];
        BinaryPrimitives.WriteUInt64BigEndian(info.AsSpan(2), length);
        BinaryPrimitives.WriteUInt16BigEndian(info.AsSpan(10), flags);
        Reply(NbdProtocol.OptionGo, NbdProtocol.ReplyInfo, info);
        Reply(NbdProtocol.OptionGo, NbdProtocol.ReplyAcknowledge, []);
    }

    internal (NbdCommand Command, ulong Cookie, ulong Offset, uint Length) HearRequest()
    {
        byte[] header = Hear(28);
        return ((NbdCommand)BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(6)),
            BinaryPrimitives.ReadUInt64BigEndian(header.AsSpan(8)),
            BinaryPrimitives.ReadUInt64BigEndian(header.AsSpan(16)),
            BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(24)));
    }

    internal void Answer(ulong cookie, uint error = 0)
    {
        SayUInt32(NbdProtocol.SimpleReplyMagic);
        SayUInt32(error);
        Say(cookie);
    }

    internal void Chunk(ulong cookie, ushort flags, ushort type, params ReadOnlySpan<byte> payload)
    {
        SayUInt32(NbdProtocol.StructuredReplyMagic);
        SayBytes([(byte)(flags >> 8), (byte)flags, (byte)(type >> 8), (byte)type]);
        Say(cookie);
        SayUInt32((uint)payload.Length);
        SayBytes(payload);
    }

    internal void Say(params ReadOnlySpan<ulong> numbers)
    {
        Span<byte> bytes = stackalloc byte[8];
        foreach (ulong number in numbers)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes, number);
            SayBytes(bytes);
        }
    }

    internal void SayUInt32(uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        SayBytes(bytes);
    }

    internal void SayBytes(ReadOnlySpan<byte> bytes) => _client!.Send(bytes);

    internal byte[] Hear(int count)
    {
        byte[] bytes = new byte[count];
        for (int done = 0; done < count;)
        {
            int received = _client!.Receive(bytes.AsSpan(done));
            done += received > 0 ? received : throw new EndOfStreamException();
        }

        return bytes;
    }

    public void Dispose()
    {
        _listener.Stop();
        _clients.ForEach(static client => client.Dispose());
        _thread.Join();
    }

    private void HearOption() => Hear((int)BinaryPrimitives.ReadUInt32BigEndian(Hear(16).AsSpan(12)));

    private void Reply(uint option, uint type, ReadOnlySpan<byte> data)
    {
        Say(NbdProtocol.OptionReplyMagic);
        SayUInt32(option);
        SayUInt32(type);
        SayUInt32((uint)data.Length);
        SayBytes(data);
    }

    private void Serve()
    {
        try
        {
            while (true)
            {
                _client = _listener.AcceptSocket();
                _client.NoDelay = true;
                _clients.Add(_client);
                Connections++;
                try
                {
                    _script(this);
                }
                catch (Exception e) when (e is EndOfStreamException or SocketException)
                {
                    // The client has hung up.
                }

                _client.Dispose();
            }
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException)
        {
            // The test is over.
        }
    }
}
