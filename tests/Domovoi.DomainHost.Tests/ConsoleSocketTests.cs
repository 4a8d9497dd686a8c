// SPDX-License-Identifier: MIT
using System.Net.Sockets;
using System.Text;
using Domovoi.Contracts;
using Domovoi.Contracts.Consoles;
using Domovoi.Contracts.Registry;

namespace Domovoi.DomainHost;

public sealed class ConsoleSocketTests
{
    [Fact]
    public void Viewers_SeeReplayAndWhatFollowsAndTheEnd()
    {
        using TestHost host = new();
        FakeMachine machine = host.NextMachine();
        host.Transcript.Append("before "u8);
        using Socket first = View(host, new ConsoleHandshake());
        using Socket second = View(host, new ConsoleHandshake(2, ReadOnly: true));
        Assert.Equal("before ", Receive(first, 7));
        Assert.Equal("e ", Receive(second, 2));
        host.Transcript.Append("after"u8);
        machine.End(EndReason.PowerOff);
        host.WaitForEnd();
        Assert.Equal("after", Receive(first, 5));
        Assert.Equal("after", Receive(second, 5));
        Assert.Equal(0, first.Receive(new byte[1]));
    }

    [Fact]
    public void Input_OfWritingViewersOnly_ReachesTheGuest()
    {
        using TestHost host = new();
        host.Transcript.Append("x"u8);
        using Socket reader = View(host, new ConsoleHandshake(1, ReadOnly: true));
        using Socket writer = View(host, new ConsoleHandshake(1));
        _ = Receive(reader, 1) + Receive(writer, 1);
        reader.Send("no"u8);
        writer.Send("yes"u8);
        byte[] taken = new byte[10];
        int count = 0;
        SpinWait.SpinUntil(() => (count += host.Input.Take(taken.AsSpan(count))) == 3, 20_000);
        Assert.Equal("yes", Encoding.ASCII.GetString(taken, 0, count));
    }

    [Fact]
    public void AViewerThatStopsTyping_StillSees()
    {
        using TestHost host = new();
        host.Transcript.Append("x"u8);
        using Socket viewer = View(host, new ConsoleHandshake());
        _ = Receive(viewer, 1);
        viewer.Shutdown(SocketShutdown.Send);
        host.Transcript.Append("more"u8);
        Assert.Equal("more", Receive(viewer, 4));
    }

    [Fact]
    public void AStranger_IsTurnedAway()
    {
        using TestHost host = new();
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(SocketAddress.Of(host.Folder.ConsoleSocket));
        socket.Send("GET / HTTP/1.1\r\nHost: somewhere far away\r\n\r\n"u8);
        Assert.Equal(0, ReceiveOrClosed(socket));
    }

    private static Socket View(TestHost host, ConsoleHandshake handshake)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(SocketAddress.Of(host.Folder.ConsoleSocket));
        socket.Send(Encoding.ASCII.GetBytes(handshake.ToString()));
        return socket;
    }

    private static string Receive(Socket socket, int count)
    {
        byte[] bytes = new byte[count];
        int received = 0;
        socket.ReceiveTimeout = 20_000;
        while (received < count && socket.Receive(bytes, received, count - received, SocketFlags.None) is > 0 and var got)
        {
            received += got;
        }

        return Encoding.ASCII.GetString(bytes, 0, received);
    }

    private static int ReceiveOrClosed(Socket socket)
    {
        try
        {
            return socket.Receive(new byte[1]);
        }
        catch (SocketException)
        {
            return 0;
        }
    }
}
