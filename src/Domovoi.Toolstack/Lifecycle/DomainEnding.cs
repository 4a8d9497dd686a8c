// SPDX-License-Identifier: MIT
using System.Net.Sockets;
using Domovoi.Contracts;
using Domovoi.Contracts.Registry;
using Domovoi.Toolstack.Registry;

namespace Domovoi.Toolstack.Lifecycle;

/// <summary>Waits for a domain's process to be gone.</summary>
public static class DomainEnding
{
    /// <summary>Returns what is left of the domain; null if it is still there after <paramref name="patience"/>.</summary>
    /// <remarks>An open connection to the control socket ends when the process does, so that waiting costs nothing.</remarks>
    public static DomainEntry? Wait(DomainEntry entry, TimeSpan patience)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (DomainRegistry.IsAlive(entry.Folder))
        {
            TimeSpan left = patience - TimeProvider.System.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                return null;
            }

            if (!WaitOnSocket(entry.Folder, left))
            {
                Thread.Sleep(2);
            }
        }

        return entry with { IsAlive = false, Record = DomainRecord.TryRead(entry.Folder) ?? entry.Record };
    }

    /// <summary>As <see cref="Wait(DomainEntry, TimeSpan)"/>, for as long as it takes.</summary>
    public static DomainEntry Wait(DomainEntry entry) => Wait(entry, TimeSpan.MaxValue)!;

    private static bool WaitOnSocket(DomainFolder folder, TimeSpan patience)
    {
        try
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(SocketAddress.Of(folder.ControlSocket));
            socket.ReceiveTimeout = (int)Math.Clamp(patience.TotalMilliseconds, 1, 60_000);
            return socket.Receive(new byte[1]) != 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
