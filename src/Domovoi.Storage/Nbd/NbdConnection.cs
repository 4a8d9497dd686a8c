// SPDX-License-Identifier: MIT
using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using Domovoi.Linux;

namespace Domovoi.Storage.Nbd;

/// <summary>One connection to an NBD server: any number of requests under way, answered in any order.</summary>
/// <remarks>
/// Who asks sends under a lock and waits; a thread of the connection's own takes answers and reads data straight into the guest's
/// pages. When the connection breaks, that thread fails whatever waits, as its last act, so nobody's memory is written afterwards.
/// </remarks>
internal sealed class NbdConnection : IDisposable
{
    private const int HeaderSize = 28;
    private const int EIO = 5;
    private const int EPROTO = 71;
    private const int LargestErrno = 4095;

    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(10);

    private readonly NbdStream _stream;
    private readonly Thread _receiver;
    private readonly Lock _sending = new();                 // guards the stream's writing side
    private readonly Lock _gate = new();                    // guards the fields below
    private readonly Dictionary<ulong, NbdRequest> _waiting = [];
    private ulong _lastCookie;
    private bool _broken;

    /// <param name="socket">Connected; the connection's from here on.</param>
    /// <param name="export">The export's name.</param>
    /// <param name="patience">How long a server may be silent before the first request; ten seconds.</param>
    /// <exception cref="DiskException">The server does not give the export.</exception>
    internal NbdConnection(Socket socket, string export, TimeSpan? patience = null)
    {
        _stream = new NbdStream(socket);
        try
        {
            _stream.LimitWaits(patience ?? LongestSilence);
            Export = NbdHandshake.Negotiate(_stream, export);
            _stream.LimitWaits(Timeout.InfiniteTimeSpan);   // a request may wait as long as the server's disk does
        }
        catch
        {
            _stream.Dispose();
            throw;
        }

        _receiver = new Thread(Receive, maxStackSize: 256 * 1024) { Name = "nbd", IsBackground = true };
        _receiver.Start();
    }

    internal NbdExport Export { get; }

    internal bool IsBroken
    {
        get
        {
            lock (_gate)
            {
                return _broken;
            }
        }
    }

    /// <summary>Sends a request and waits for its answer.</summary>
    /// <returns>An errno, 0, or <see cref="NbdRequest.ConnectionLost"/>.</returns>
    internal int Do(NbdRequest request)
    {
        ulong cookie;
        lock (_gate)
        {
            if (_broken)
            {
                return NbdRequest.ConnectionLost;
            }

            cookie = ++_lastCookie;
            _waiting.Add(cookie, request);
        }

        try
        {
            Send(request, cookie);
        }
        catch (SocketException)
        {
            _stream.Break();                                // the receiver notices, and fails this one with the others
        }

        return request.Wait();
    }

    public void Dispose()
    {
        using (NbdRequest goodbye = new(NbdCommand.Disconnect, 0, 0, []))
        {
            try
            {
                Send(goodbye, 0);
            }
            catch (SocketException)
            {
                // It has gone already.
            }
        }

        _stream.Break();
        _receiver.Join();
        _stream.Dispose();
    }

    /// <summary>Header and data in one piece: a server answers faster than a second packet comes.</summary>
    private void Send(NbdRequest request, ulong cookie)
    {
        long data = request.Command == NbdCommand.Write ? request.Length : 0;
        byte[] message = ArrayPool<byte>.Shared.Rent(checked(HeaderSize + (int)data));
        Span<byte> header = message;
        BinaryPrimitives.WriteUInt32BigEndian(header, NbdProtocol.RequestMagic);
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(header[6..], (ushort)request.Command);
        BinaryPrimitives.WriteUInt64BigEndian(header[8..], cookie);
        BinaryPrimitives.WriteUInt64BigEndian(header[16..], (ulong)request.Offset);
        BinaryPrimitives.WriteUInt32BigEndian(header[24..], (uint)request.Length);
        int length = HeaderSize;
        if (data > 0)
        {
            foreach (IoVector vector in request.Vectors)
            {
                vector.Bytes.CopyTo(header[length..]);
                length += (int)vector.Length;
            }
        }

        lock (_sending)
        {
            _stream.Write(header[..length]);
        }

        ArrayPool<byte>.Shared.Return(message);
    }

    private void Receive()
    {
        try
        {
            while (true)
            {
                uint magic = _stream.ReadUInt32();
                if (magic == NbdProtocol.SimpleReplyMagic)
                {
                    TakeSimple();
                }
                else if (magic == NbdProtocol.StructuredReplyMagic && Export.StructuredReplies)
                {
                    TakeChunk();
                }
                else
                {
                    throw new InvalidDataException("An answer has a wrong magic number.");
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or InvalidDataException or ObjectDisposedException)
        {
            FailAll();
        }
    }

    private void TakeSimple()
    {
        uint word = _stream.ReadUInt32();
        int error = word == 0 ? 0 : Errno(word);
        ulong cookie = _stream.ReadUInt64();
        NbdRequest request = Find(cookie);
        request.Note(error);
        if (error == 0 && request.Command == NbdCommand.Read)
        {
            if (Export.StructuredReplies)
            {
                request.Note(EPROTO);
                End(cookie);
                throw new InvalidDataException("A read was answered without chunks.");
            }

            request.Fill(0, request.Length, vector => _stream.Read(vector.Bytes));
        }

        End(cookie);
    }

    private void TakeChunk()
    {
        ushort flags = _stream.ReadUInt16();
        ushort type = _stream.ReadUInt16();
        ulong cookie = _stream.ReadUInt64();
        uint length = _stream.ReadUInt32();
        bool isLast = (flags & NbdProtocol.ChunkDone) != 0;
        NbdRequest request = Find(cookie);
        switch (type)
        {
            case NbdProtocol.ChunkNone when length == 0 && isLast:
                break;
            case NbdProtocol.ChunkData when length > 8:
                (long start, long count) = Inside(request, _stream.ReadUInt64(), length - 8);
                request.Fill(start, count, vector => _stream.Read(vector.Bytes));
                break;
            case NbdProtocol.ChunkHole when length == 12:
                (start, count) = Inside(request, _stream.ReadUInt64(), _stream.ReadUInt32());
                request.Fill(start, count, static vector => vector.Bytes.Clear());
                break;
            case >= NbdProtocol.ChunkErrorBit when length >= 4:
                request.Note(Errno(_stream.ReadUInt32()));
                _stream.Skip(length - 4);
                break;
            default:
                throw new InvalidDataException("A chunk has an impossible type or length.");
        }

        if (isLast)
        {
            End(cookie);
        }
    }

    /// <summary>A server's error as one of Linux's: those of the protocol have the same numbers.</summary>
    private static int Errno(uint word) => word is > 0 and <= LargestErrno ? (int)word : EIO;

    private static (long Start, long Count) Inside(NbdRequest request, ulong offset, uint count)
    {
        ulong start = offset - (ulong)request.Offset;
        return request.Command == NbdCommand.Read && start <= (ulong)request.Length && count <= (ulong)request.Length - start
            ? ((long)start, count)
            : throw new InvalidDataException("A chunk lies outside of its request.");
    }

    private NbdRequest Find(ulong cookie)
    {
        lock (_gate)
        {
            return _waiting.TryGetValue(cookie, out NbdRequest? request)
                ? request
                : throw new InvalidDataException("An answer belongs to no request.");
        }
    }

    /// <summary>The whole answer is there. Until then the request is among those that a broken connection fails.</summary>
    private void End(ulong cookie)
    {
        NbdRequest? request;
        lock (_gate)
        {
            _waiting.Remove(cookie, out request);
        }

        request?.Complete();
    }

    private void FailAll()
    {
        NbdRequest[] lost;
        lock (_gate)
        {
            _broken = true;
            lost = [.. _waiting.Values];
            _waiting.Clear();
        }

        foreach (NbdRequest request in lost)
        {
            request.Note(NbdRequest.ConnectionLost);
            request.Complete();
        }
    }
}
