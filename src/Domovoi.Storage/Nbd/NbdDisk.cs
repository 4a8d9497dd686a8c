// SPDX-License-Identifier: MIT
using System.Net.Sockets;
using Domovoi.Linux;

namespace Domovoi.Storage.Nbd;

/// <summary>A disk that an NBD server holds.</summary>
/// <remarks>
/// When the connection breaks, requests wait while it is made anew, for as long as <c>patience</c> says, and are sent again: all of
/// them may be repeated. Written data that had not been flushed may have gone with the server, so the next flush after that says
/// EIO once, whatever the server says: nobody is told that something is safe which is not.
/// </remarks>
public sealed class NbdDisk : IDisk
{
    private const int EIO = 5;
    private const long LargestTrim = 1L << 30;
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);

    private readonly Func<Socket> _connect;
    private readonly string _export;
    private readonly TimeSpan _patience;
    private readonly TimeSpan _pause;                       // between attempts to connect
    private readonly NbdExport _description;
    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _connecting = new();              // guards the next
    private NbdConnection? _connection;
    private long _writes;                                   // sent so far
    private long _covered;                                  // of them, before the last good flush began
    private volatile bool _lost;

    private NbdDisk(Func<Socket> connect, string export, DiskOptions options, TimeSpan patience)
    {
        _connect = connect;
        _export = export;
        _patience = patience;
        _pause = patience / 4 < LongestPause ? patience / 4 : LongestPause;
        _connection = new NbdConnection(connect(), export);
        _description = _connection.Export;
        IsReadOnly = options.ReadOnly;
        CanDiscard = options.Discard && _description.CanTrim && !options.ReadOnly;
    }

    public long Length => _description.Length;

    public int SectorSize => Math.Max(512, _description.MinimumBlock);

    public bool IsReadOnly { get; }

    public bool CanDiscard { get; }

    /// <summary>Connects to an export.</summary>
    /// <param name="address">Where it is.</param>
    /// <param name="options">The lock is the server's business.</param>
    /// <param name="patience">How long requests wait for a broken connection to be made anew.</param>
    /// <exception cref="DiskException">It cannot be had.</exception>
    public static NbdDisk Open(NbdAddress address, DiskOptions options, TimeSpan patience)
    {
        try
        {
            return Open(address.Connect, address.Export, options, patience);
        }
        catch (DiskException e)
        {
            throw new DiskException(e.Code, $"{address}: {e.Message}", e.Hint);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw new DiskException("nbd-unreachable", $"{address} cannot be reached: {e.Message}", "is the server running, and does it listen there?");
        }
    }

    internal static NbdDisk Open(Func<Socket> connect, string export, DiskOptions options, TimeSpan patience)
    {
        NbdDisk disk = new(connect, export, options, patience);
        if (disk._description.IsReadOnly && !options.ReadOnly)
        {
            disk.Dispose();
            throw new DiskException("nbd-read-only", "the server gives the export for reading only", "write access=r");
        }

        return disk;
    }

    public int Read(long offset, ReadOnlySpan<IoVector> into) =>
        Perform(NbdCommand.Read, offset, IoVector.Total(into), into.ToArray());

    public int Write(long offset, ReadOnlySpan<IoVector> from)
    {
        Interlocked.Increment(ref _writes);
        return Perform(NbdCommand.Write, offset, IoVector.Total(from), from.ToArray());
    }

    public int Flush()
    {
        int error = 0;
        if (_description.CanFlush)
        {
            long covered = Volatile.Read(ref _writes);
            error = Perform(NbdCommand.Flush, 0, 0, []);
            if (error == 0 && !_lost)
            {
                Volatile.Write(ref _covered, covered);
            }
        }

        if (_lost)
        {
            _lost = false;
            Volatile.Write(ref _covered, Volatile.Read(ref _writes));
            return EIO;
        }

        return error;
    }

    public int Discard(long offset, long length)
    {
        while (length > 0)
        {
            long part = Math.Min(length, LargestTrim);
            if (Perform(NbdCommand.Trim, offset, part, []) is not 0 and var error)
            {
                return error;
            }

            offset += part;
            length -= part;
        }

        return 0;
    }

    public void Dispose()
    {
        _disposed.Cancel();
        lock (_connecting)
        {
            _connection?.Dispose();
            _connection = null;
        }
    }

    private int Perform(NbdCommand command, long offset, long length, IoVector[] vectors)
    {
        for (long deadline = long.MaxValue; ; _disposed.Token.WaitHandle.WaitOne(_pause))
        {
            if (Connection() is not { } connection)
            {
                return EIO;
            }

            using NbdRequest request = new(command, offset, length, vectors);
            int error = connection.Do(request);
            if (error != NbdRequest.ConnectionLost)
            {
                return error;
            }

            _lost |= command == NbdCommand.Flush;
            deadline = Math.Min(deadline, Environment.TickCount64 + (long)_patience.TotalMilliseconds);
            if (Environment.TickCount64 >= deadline)
            {
                return EIO;                                 // a server that takes every connection and answers nothing
            }
        }
    }

    /// <summary>The connection there is, or a new one; null when there is none to be had in time.</summary>
    private NbdConnection? Connection()
    {
        lock (_connecting)
        {
            if (_connection is { IsBroken: false } || _disposed.IsCancellationRequested)
            {
                return _connection;
            }

            _lost |= Volatile.Read(ref _writes) != Volatile.Read(ref _covered);
            _connection?.Dispose();
            _connection = null;
            long deadline = Environment.TickCount64 + (long)_patience.TotalMilliseconds;
            while (!_disposed.IsCancellationRequested)
            {
                if (TryConnect() is { } fresh)
                {
                    return _connection = fresh;
                }

                if (Environment.TickCount64 >= deadline)
                {
                    return null;
                }

                _disposed.Token.WaitHandle.WaitOne(_pause);
            }

            return null;
        }
    }

    /// <summary>An export that has another size by now is not the same disk.</summary>
    private NbdConnection? TryConnect()
    {
        try
        {
            NbdConnection fresh = new(_connect(), _export);
            if (fresh.Export.Length == _description.Length)
            {
                return fresh;
            }

            fresh.Dispose();
        }
        catch (Exception e) when (e is SocketException or IOException or DiskException)
        {
            // It is tried again until the patience is used up.
        }

        return null;
    }
}
