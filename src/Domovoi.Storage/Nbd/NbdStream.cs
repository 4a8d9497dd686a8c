// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Net.Sockets;

namespace Domovoi.Storage.Nbd;

/// <summary>Numbers in network order and bytes on a socket. Reads through a buffer; one reader, and writers under a lock of theirs.</summary>
internal sealed class NbdStream(Socket socket) : IDisposable
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    internal ushort ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    internal uint ReadUInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    internal ulong ReadUInt64() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));

    /// <summary>Fills the span; large ones straight from the socket.</summary>
    internal void Read(Span<byte> destination)
    {
        int buffered = Math.Min(destination.Length, _end - _start);
        _buffer.AsSpan(_start, buffered).CopyTo(destination);
        _start += buffered;
        destination = destination[buffered..];
        while (!destination.IsEmpty)
        {
            int count = socket.Receive(destination);
            if (count == 0)
            {
                throw new EndOfStreamException("the server closed the connection");
            }

            destination = destination[count..];
        }
    }

    /// <summary>How long a read waits for the next bytes; without end when <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    internal void LimitWaits(TimeSpan longest) => socket.ReceiveTimeout = Math.Max(0, (int)longest.TotalMilliseconds);

    /// <summary>Reads over bytes that mean nothing to us.</summary>
    internal void Skip(uint count)
    {
        Span<byte> ignored = stackalloc byte[512];
        for (; count > 0; count -= Math.Min(count, (uint)ignored.Length))
        {
            Read(ignored[..(int)Math.Min(count, (uint)ignored.Length)]);
        }
    }

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[socket.Send(bytes)..];
        }
    }

    /// <summary>Makes whoever reads or writes fail.</summary>
    internal void Break()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // It is broken already.
        }
    }

    public void Dispose() => socket.Dispose();

    private ReadOnlySpan<byte> Take(int count)
    {
        if (_end - _start < count)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
            while (_end < count)
            {
                int received = socket.Receive(_buffer.AsSpan(_end));
                _end += received > 0 ? received : throw new EndOfStreamException("the server closed the connection");
            }
        }

        _start += count;
        return _buffer.AsSpan(_start - count, count);
    }
}
