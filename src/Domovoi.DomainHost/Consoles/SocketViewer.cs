// SPDX-License-Identifier: MIT
using System.Net.Sockets;
using Domovoi.Backends.Consoles;

namespace Domovoi.DomainHost.Consoles;

/// <summary>A viewer on the other end of a socket. Output waits in a bounded queue for a thread that sends it.</summary>
internal sealed class SocketViewer : IConsoleViewer
{
    private const int MaximumWaiting = 512 * 1024;
    private const int StackSize = 256 * 1024;

    private static readonly byte[] LossNotice = "\r\n[output lost: this viewer is too slow]\r\n"u8.ToArray();

    private readonly Socket _socket;
    private readonly Action<SocketViewer> _gone;
    private readonly Thread _sender;
    private readonly object _gate = new();                  // a monitor: guards all below, the sender waits on it
    private readonly Queue<byte[]> _waiting = new();
    private int _waitingBytes;
    private bool _isLosing;
    private bool _isClosed;

    /// <param name="socket">Closed with the viewer.</param>
    /// <param name="gone">Called on the sending thread when the other side has hung up.</param>
    internal SocketViewer(Socket socket, Action<SocketViewer> gone)
    {
        _socket = socket;
        _gone = gone;
        _sender = new Thread(Send, StackSize) { Name = "viewer-send", IsBackground = true };
        _sender.Start();
    }

    public void Show(ReadOnlySpan<byte> output)
    {
        lock (_gate)
        {
            if (_isClosed || output.IsEmpty)
            {
                return;
            }

            if (_waitingBytes + output.Length > MaximumWaiting)
            {
                _isLosing = true;
                return;
            }

            if (_isLosing)
            {
                _isLosing = false;
                EnqueueLocked(LossNotice);
            }

            EnqueueLocked(output.ToArray());
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Sends what waits, for a while at most, and closes the socket.</summary>
    internal void Close(TimeSpan patience)
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.Pulse(_gate);
        }

        if (Thread.CurrentThread != _sender)
        {
            _sender.Join(patience);
        }

        _socket.Dispose();
    }

    private void EnqueueLocked(byte[] bytes)
    {
        _waiting.Enqueue(bytes);
        _waitingBytes += bytes.Length;
    }

    private void Send()
    {
        while (TryTakeNext(out byte[] bytes))
        {
            try
            {
                _socket.Send(bytes);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                _gone(this);
                return;
            }
        }
    }

    private bool TryTakeNext(out byte[] bytes)
    {
        lock (_gate)
        {
            while (_waiting.Count == 0 && !_isClosed)
            {
                Monitor.Wait(_gate);
            }

            bool any = _waiting.TryDequeue(out byte[]? next);
            bytes = next ?? [];
            _waitingBytes -= bytes.Length;
            return any;
        }
    }
}
