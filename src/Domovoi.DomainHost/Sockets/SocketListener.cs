// SPDX-License-Identifier: MIT
using System.Net.Sockets;
using Domovoi.Contracts;

namespace Domovoi.DomainHost.Sockets;

/// <summary>A Unix socket at a path in the domain's folder: a thread that accepts, and a thread per connection.</summary>
/// <remarks>The folder is the user's alone, so whoever connects may; the number of connections is bounded all the same.</remarks>
internal sealed class SocketListener : IDisposable
{
    private const int MaximumConnections = 64;
    private const int StackSize = 256 * 1024;

    private readonly string _path;
    private readonly string _name;
    private readonly Action<Socket> _serve;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private int _connections;

    /// <param name="path">A socket left there by a process that was killed is replaced.</param>
    /// <param name="name">Of the threads.</param>
    /// <param name="serve">Serves one connection; when it returns, the thread ends. It may leave the socket to others.</param>
    internal SocketListener(string path, string name, Action<Socket> serve)
    {
        _path = path;
        _name = name;
        _serve = serve;
        File.Delete(path);
        _listener.Bind(SocketAddress.Of(path));
        _listener.Listen(16);
    }

    internal void Start() => NewThread(Accept).Start();

    /// <summary>Takes the socket away from the path; connections go on.</summary>
    public void Dispose()
    {
        _listener.Dispose();
        File.Delete(_path);
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                Socket connection = _listener.Accept();
                if (Interlocked.Increment(ref _connections) > MaximumConnections)
                {
                    Interlocked.Decrement(ref _connections);
                    connection.Dispose();
                    continue;
                }

                NewThread(() => Serve(connection)).Start();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed: the domain is ending.
        }
    }

    private void Serve(Socket connection)
    {
        try
        {
            _serve(connection);
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
        {
            connection.Dispose();
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
        }
    }

    private Thread NewThread(ThreadStart body) => new(body, StackSize) { Name = _name, IsBackground = true };
}
