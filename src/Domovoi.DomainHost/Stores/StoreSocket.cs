// SPDX-License-Identifier: MIT
using System.Net.Sockets;
using Domovoi.DomainHost.Sockets;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore;

namespace Domovoi.DomainHost.Stores;

/// <summary>A store on a Unix socket, for the tools that look where <c>XENSTORED_PATH</c> points, with domain 0's rights.</summary>
internal sealed class StoreSocket : IDisposable
{
    private readonly XenstoreServer _store;
    private readonly SocketListener _listener;

    internal StoreSocket(string path, XenstoreServer store)
    {
        _store = store;
        _listener = new SocketListener(path, "store", Serve);
        _listener.Start();
    }

    /// <summary>Takes the socket away; who still listens hears nothing more.</summary>
    public void Dispose()
    {
        _listener.Dispose();
        _store.Disconnect(DomainId.Zero);
    }

    private void Serve(Socket socket)
    {
        using Socket owned = socket;
        Lock sending = new();
        StoreConnection? connection = null;
        connection = _store.Connect(DomainId.Zero, () => ThreadPool.UnsafeQueueUserWorkItem(_ => Send(), null));
        byte[] buffer = new byte[4096];
        while (!connection.IsBroken && socket.Receive(buffer) is > 0 and var count)
        {
            connection.Receive(buffer.AsSpan(0, count));
            Send();
        }

        void Send()
        {
            byte[] answer = new byte[4096];
            lock (sending)
            {
                try
                {
                    while (connection?.Take(answer) is > 0 and var length)
                    {
                        socket.Send(answer, length, SocketFlags.None);
                    }
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    // The client has gone; its events with it.
                }
            }
        }
    }
}
