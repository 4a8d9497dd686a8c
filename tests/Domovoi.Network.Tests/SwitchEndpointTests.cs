// SPDX-License-Identifier: MIT
using System.Net.Sockets;
using Domovoi.Linux;
using Domovoi.Network.Endpoints;
using Domovoi.Network.Frames;
using Domovoi.Network.Vlans;
using Microsoft.Extensions.Time.Testing;

namespace Domovoi.Network;

public sealed class SwitchEndpointTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("domovoi-switch-").FullName;
    private readonly List<Port> _ports = [];
    private readonly FakeTimeProvider _time = new();        // stands still while a test sends: a busy machine loses no frames

    public void Dispose()
    {
        _ports.ForEach(port => port.Endpoint.Dispose());
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Frame_ToANewStation_ReachesAllAndLaterOnlyItself()
    {
        (Port a, Port b, Port c) = (Join("a"), Join("b"), Join("c"));
        a.Send(TestFrame.Guest, TestFrame.Other);
        Turn(() => b.Got.Frames.Count == 1 && c.Got.Frames.Count == 1);
        b.Send(TestFrame.Other, TestFrame.Guest);
        Turn(() => a.Got.Frames.Count == 1);
        a.Send(TestFrame.Guest, TestFrame.Other);
        a.Send(TestFrame.Guest, MacAddress.Broadcast);
        Turn(() => b.Got.Frames.Count == 3);
        Assert.Equal([TestFrame.Other, MacAddress.Broadcast], c.Got.Frames.Select(frame => MacAddress.Read(frame)));
    }

    [Fact]
    public void LongFrame_GoesWholeWithItsOffload()
    {
        (Port a, Port b) = (Join("a"), Join("b"));
        Frame frame = TestFrame.Ipv4("10.0.0.1", "10.0.0.2", EtherType.Tcp, TestFrame.Tcp(60_000));
        frame.Offload = new FrameOffload(SegmentKind.Tcp4, 1448, ChecksumState.Partial, 34, 16);
        a.Endpoint.Send(frame);
        Turn(() => b.Got.Frames.Count == 1);
        Assert.Equal(frame.Bytes.ToArray(), b.Got.Frames[0]);
        Assert.Equal(frame.Offload, b.Got.Offloads[0]);
    }

    [Fact]
    public void PortThatIsGone_IsForgotten_AndItsSuccessorFound()
    {
        (Port a, Port b) = (Join("a"), Join("b"));
        b.Send(TestFrame.Other, TestFrame.Guest);
        Turn(() => a.Got.Frames.Count == 1);
        b.Endpoint.Dispose();
        _ports.Remove(b);
        a.Send(TestFrame.Guest, TestFrame.Other);
        Turn(() => true);
        Port successor = Join("b");
        Turn(() => true);
        a.Send(TestFrame.Guest, TestFrame.Other);
        Turn(() => successor.Got.Frames.Count == 1);
    }

    /// <summary>What a process leaves that was killed: a socket where nobody listens.</summary>
    [Fact]
    public void SocketOfAKilledProcess_IsRemoved()
    {
        string left = Path.Combine(_folder, "dead.port");
        using (Socket socket = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(left + ".bound"));
            File.Move(left + ".bound", left);               // or it would be gone with the socket
        }

        Assert.True(File.Exists(left));
        Port a = Join("a");
        Assert.False(File.Exists(left));
        a.Send(TestFrame.Guest, TestFrame.Other);
    }

    [Fact]
    public void GuestThatIsBehind_HoldsItsSenderUp_AndLosesNothingAtFirst()
    {
        (Port a, Port b) = (Join("a"), Join("b"));
        a.Send(TestFrame.Guest, TestFrame.Other);
        Turn(() => b.Got.Frames.Count == 1);
        b.Got.HasRoom = false;
        int sent = 1;
        for (; !a.Endpoint.IsCongested; sent++)
        {
            a.Send(TestFrame.Guest, TestFrame.Other);
            Assert.True(sent < 100_000);
        }

        b.Got.HasRoom = true;
        Turn(() => b.Got.Frames.Count == sent && !a.Endpoint.IsCongested);
    }

    [Fact]
    public void SameStation_InTwoVlans_IsTwo()
    {
        (Port a, Port b, Port c) = (Join("a"), Join("b"), Join("c"));
        b.Endpoint.Send(WithTag(10, TestFrame.Other, TestFrame.Guest));
        c.Endpoint.Send(WithTag(20, TestFrame.Other, TestFrame.Guest));
        Turn(() => a.Got.Frames.Count == 2);
        (int atB, int atC) = (b.Got.Frames.Count, c.Got.Frames.Count);
        a.Endpoint.Send(WithTag(10, TestFrame.Guest, TestFrame.Other));
        a.Endpoint.Send(WithTag(20, TestFrame.Guest, TestFrame.Other));
        Turn(() => b.Got.Frames.Count > atB && c.Got.Frames.Count > atC);
        Assert.Equal(10, VlanPolicy.VlanOf(b.Got.Frames[^1], out _).Value);
        Assert.Equal(20, VlanPolicy.VlanOf(c.Got.Frames[^1], out _).Value);
        Assert.Equal((atB + 1, atC + 1), (b.Got.Frames.Count, c.Got.Frames.Count));
    }

    private static Frame WithTag(ushort vlan, MacAddress source, MacAddress destination)
    {
        Frame frame = TestFrame.Tagged(vlan);
        destination.Write(frame.Bytes);
        source.Write(frame.Bytes[6..]);
        return frame;
    }

    private Port Join(string name)
    {
        Port port = new(SwitchEndpoint.Join(_folder, name, _time));
        _ports.Add(port);
        Turn(() => true);
        return port;
    }

    /// <summary>Lets every port work until a condition holds, and a few turns more, so that what should not arrive could have.</summary>
    private void Turn(Func<bool> done)
    {
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(1));
                _ports.ForEach(static port => port.Turn());
                return done();
            },
            TimeSpan.FromSeconds(20)));
        for (int i = 0; i < 5; i++)
        {
            _ports.ForEach(static port => port.Turn());
        }
    }

    private sealed class Port(SwitchEndpoint endpoint)
    {
        private readonly PollSet _set = new();

        internal SwitchEndpoint Endpoint => endpoint;

        internal CollectedFrames Got { get; } = new();

        internal void Send(MacAddress source, MacAddress destination) =>
            endpoint.Send(TestFrame.Of(source, destination, 0x9000, new byte[100]));

        internal void Turn()
        {
            _set.Clear();
            endpoint.Prepare(_set, Got);
            _set.Wait(TimeSpan.Zero);
            endpoint.Receive(_set, Got);
        }
    }
}
