// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Domovoi.Storage.Nbd;

/// <summary>Where an NBD export is: <c>nbd://HOST[:PORT]/EXPORT</c> or <c>nbd+unix:///EXPORT?socket=PATH</c> (NBD's uri.md).</summary>
/// <param name="Host">Name or address; null for a Unix socket.</param>
/// <param name="Port">Of the host.</param>
/// <param name="Socket">The Unix socket's path; null for a host.</param>
/// <param name="Export">May be empty, which is the server's default one.</param>
public sealed record NbdAddress(string? Host, int Port, string? Socket, string Export)
{
    /// <summary>The port IANA keeps for it.</summary>
    public const int DefaultPort = 10809;

    /// <exception cref="DiskException">It is none.</exception>
    public static NbdAddress Parse(string text)
    {
        DiskException wrong = new(
            "nbd-address", $"{text} is not the address of an NBD export", "expected nbd://HOST[:PORT]/EXPORT or nbd+unix:///EXPORT?socket=PATH");
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri))
        {
            throw wrong;
        }

        string export = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/'));
        switch (uri.Scheme)
        {
            case "nbd" when uri.Host.Length > 0:
                return new NbdAddress(uri.DnsSafeHost, uri.Port > 0 ? uri.Port : DefaultPort, null, export);
            case "nbd+unix":
                string? socket = uri.Query.TrimStart('?').Split('&').FirstOrDefault(static part => part.StartsWith("socket=", StringComparison.Ordinal));
                return socket is { Length: > 7 } ? new NbdAddress(null, 0, Uri.UnescapeDataString(socket[7..]), export) : throw wrong;
            default:
                throw wrong;
        }
    }

    /// <exception cref="SocketException">Nobody answers.</exception>
    internal System.Net.Sockets.Socket Connect()
    {
        System.Net.Sockets.Socket socket = Socket is null
            ? new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (Socket is not null)
            {
                socket.Connect(new UnixDomainSocketEndPoint(Socket));
            }
            else
            {
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 10);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
                socket.Connect(new DnsEndPoint(Host!, Port));
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public override string ToString() => Socket is null
        ? string.Create(CultureInfo.InvariantCulture, $"nbd://{Host}:{Port}/{Export}")
        : $"nbd+unix:///{Export}?socket={Socket}";
}
