// SPDX-License-Identifier: MIT
using System.Net.Sockets;
using System.Text;
using Domovoi.Contracts;
using Domovoi.Contracts.Consoles;
using Domovoi.Toolstack.Registry;

namespace Domovoi.Toolstack.Lifecycle;

/// <summary>One viewer of a domain's console: raw bytes both ways, after <see cref="ConsoleHandshake"/>.</summary>
/// <remarks>One thread receives, another sends.</remarks>
public sealed class ConsoleConnection : IDisposable
{
    private readonly Socket _socket;

    private ConsoleConnection(Socket socket) => _socket = socket;

    public static ConsoleConnection Open(DomainEntry entry, ConsoleHandshake handshake)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(SocketAddress.Of(entry.Folder.ConsoleSocket));
            socket.Send(Encoding.ASCII.GetBytes(handshake.ToString()));
            return new ConsoleConnection(socket);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new ProblemException("console-closed", $"domain '{entry.Record.Name}' has no console: {e.Message}");
        }
    }

    /// <summary>Returns 0 when the domain has ended or <see cref="Leave"/> was called.</summary>
    public int Receive(Span<byte> buffer)
    {
        try
        {
            return _socket.Receive(buffer);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[_socket.Send(bytes)..];
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The domain has ended; the receiver sees it too.
        }
    }

    /// <summary>No more input will come; output still does.</summary>
    public void EndInput() => Shutdown(SocketShutdown.Send);

    /// <summary>Stops watching. The domain goes on.</summary>
    public void Leave() => Shutdown(SocketShutdown.Both);

    public void Dispose() => _socket.Dispose();

    private void Shutdown(SocketShutdown how)
    {
        try
        {
            _socket.Shutdown(how);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Already closed by the other side.
        }
    }
}
