// SPDX-License-Identifier: MIT
using System.Net.Sockets;
using Domovoi.Network.Frames;

namespace Domovoi.Network.Switching;

/// <summary>Another port of a private switch, as one port sees it: a socket to send to, and frames that socket does not take yet.</summary>
internal sealed class SwitchPeer(string name, Socket socket, TimeProvider time) : IDisposable
{
    private const int MostWaiting = 64;
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(20);

    private readonly Queue<byte[]> _waiting = new();
    private readonly Stack<byte[]> _spare = new();
    private readonly Queue<int> _lengths = new();
    private long _progress;

    internal string Name => name;

    internal int Descriptor => (int)socket.Handle;

    /// <summary>The other process has ended.</summary>
    internal bool IsGone { get; private set; }

    /// <summary>Its guest is behind; who sends to it should wait a little.</summary>
    internal bool IsBehind => _waiting.Count > 0 && !IsGone;

    /// <summary>Sends, or keeps for later; above a bound, or when nothing has moved for a while, the frame is lost.</summary>
    internal void Send(ReadOnlySpan<byte> datagram)
    {
        if (IsBehind)
        {
            Flush();
        }

        if (!IsBehind && TrySend(datagram))
        {
            return;
        }

        if (!IsGone && _waiting.Count < MostWaiting)
        {
            byte[] copy = _spare.Count > 0 ? _spare.Pop() : GC.AllocateUninitializedArray<byte>(Frame.MaximumLength + 16);
            datagram.CopyTo(copy);
            _progress = _waiting.Count == 0 ? time.GetTimestamp() : _progress;
            _waiting.Enqueue(copy);
            _lengths.Enqueue(datagram.Length);
        }
    }

    /// <summary>Sends what was kept, as far as it is taken.</summary>
    internal void Flush()
    {
        while (IsBehind && TrySend(_waiting.Peek().AsSpan(0, _lengths.Peek())))
        {
            Drop();
        }

        if (IsBehind && time.GetElapsedTime(_progress) > s_patience)
        {
            while (_waiting.Count > 0)
            {
                Drop();
            }
        }
    }

    public void Dispose() => socket.Dispose();

    private void Drop()
    {
        _spare.Push(_waiting.Dequeue());
        _lengths.Dequeue();
        _progress = time.GetTimestamp();
    }

    private bool TrySend(ReadOnlySpan<byte> datagram)
    {
        socket.Send(datagram, SocketFlags.None, out SocketError error);
        IsGone |= error is not (SocketError.Success or SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable);
        return error == SocketError.Success;
    }
}
