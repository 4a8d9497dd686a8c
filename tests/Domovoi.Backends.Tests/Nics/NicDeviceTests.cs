// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using CsCheck;
using Domovoi.Backends.Xenbus;
using Domovoi.Network.Frames;
using Domovoi.Network.Ports;
using Domovoi.Network.Vlans;
using Domovoi.Xen.Abi;

namespace Domovoi.Backends.Nics;

public sealed class NicDeviceTests : IDisposable
{
    private static readonly NetifExtraInfo s_gso = new()
    {
        Type = NetifExtraType.Gso, GsoSize = 1448, GsoType = NetifGsoType.TcpV4,
    };

    private readonly TestGuest _guest = new(frames: 4096);
    private readonly RecordingEndpoint _endpoint = new();
    private readonly NicDevice _device;
    private readonly DeviceBus _bus;

    public NicDeviceTests()
    {
        Assert.True(MacAddress.TryParse("00:16:3e:00:00:01", out MacAddress station));
        NicSettings settings = new(0, station, 1500, Queues: 2, Rate: null, Trusted: true, [new("bridge", "xenbr0")]);
        _device = new NicDevice(settings, new GuestPort(_endpoint, VlanPolicy.Everything, null), TimeProvider.System);
        _bus = new DeviceBus(_guest.Domain);
        Assert.True(_bus.TryAdd(_device));
    }

    public void Dispose()
    {
        _bus.Dispose();
        _device.Dispose();
        _guest.Dispose();
        _endpoint.Dispose();
    }

    [Fact]
    public void Vif_ShowsWhatXensToolstackShows()
    {
        Assert.Equal(("00:16:3e:00:00:01", "0", "1500"), (Front("mac"), Front("handle"), Front("mtu")));
        Assert.Equal(("1", "1", "1", "2", "xenbr0"), (Back("feature-sg"), Back("feature-gso-tcpv6"), Back("feature-rx-copy"), Back("multi-queue-max-queues"), Back("bridge")));
    }

    [Theory]
    [InlineData(60, 4096)]
    [InlineData(9000, 4096)]
    [InlineData(1000, 100)]                                 // many small pieces
    public void Packet_InAnyPieces_ArrivesWhole(int length, int piece)
    {
        FakeNetfront front = Connected();
        byte[] packet = Packet(length);
        front.Send(packet, NetifTxFlags.DataValidated, piece: piece);
        (byte[] bytes, FrameOffload offload) = Sent();
        Assert.Equal(packet, bytes);
        Assert.Equal(ChecksumState.Verified, offload.Checksum);
        Assert.All(Answers(front, (length + piece - 1) / piece), answer => Assert.Equal(NetifStatus.Okay, answer.Status));
    }

    [Fact]
    public void SegmentedPacket_KeepsItsSegmentationAndItsExtraIsAnswered()
    {
        FakeNetfront front = Connected();
        front.Send(TcpPacket(9000), NetifTxFlags.ChecksumBlank, s_gso);
        Assert.Equal(new FrameOffload(SegmentKind.Tcp4, 1448, ChecksumState.Partial, 34, 16), Sent().Offload);
        Assert.Equal([NetifStatus.Okay, NetifStatus.Null, NetifStatus.Okay, NetifStatus.Okay], Answers(front, 4).Select(a => a.Status));
    }

    [Fact]
    public void BlankChecksum_WithoutATransport_IsDroppedAndAnswered()
    {
        FakeNetfront front = Connected();
        front.Send(Packet(100), NetifTxFlags.ChecksumBlank);
        Assert.Equal(NetifStatus.Error, Answers(front, 1)[0].Status);
        Assert.Empty(_endpoint.Sent);
        Assert.Equal(1, _device.Port.Counters.Malformed);
    }

    [Fact]
    public void Frame_ForTheGuest_FillsItsPagesInOrder()
    {
        FakeNetfront front = Connected();
        front.Post(32);
        byte[] packet = Packet(9000);
        _endpoint.Incoming.Enqueue((packet, new FrameOffload(SegmentKind.None, 0, ChecksumState.Verified, 0, 0)));
        List<NetifRxResponse> answers = Arrived(front, 3);
        Assert.Equal([4096, 4096, 808], answers.Select(a => (int)a.Status));
        Assert.Equal(NetifRxFlags.DataValidated | NetifRxFlags.MoreData, answers[0].Flags);
        Assert.Equal((NetifRxFlags.MoreData, NetifRxFlags.None), (answers[1].Flags, answers[2].Flags));
        Assert.Equal(packet, answers.SelectMany(front.Content));
    }

    [Fact]
    public void SegmentedFrame_ForTheGuest_SaysSoBehindItsFirstPage()
    {
        FakeNetfront front = Connected();
        front.Post(32);
        _endpoint.Incoming.Enqueue((TcpPacket(5000), new FrameOffload(SegmentKind.Tcp4, 1448, ChecksumState.Partial, 34, 16)));
        List<NetifRxResponse> answers = Arrived(front, 3);
        Assert.Equal(
            NetifRxFlags.ChecksumBlank | NetifRxFlags.DataValidated | NetifRxFlags.ExtraInfo | NetifRxFlags.MoreData, answers[0].Flags);
        NetifExtraInfo extra = MemoryMarshal.Cast<NetifRxResponse, NetifExtraInfo>(CollectionsMarshal.AsSpan(answers))[1];
        Assert.Equal((NetifExtraType.Gso, 1448, NetifGsoType.TcpV4), (extra.Type, extra.GsoSize, extra.GsoType));
    }

    [Fact]
    public void Guest_ThatDoesNotSegment_GetsFinishedFrames()
    {
        FakeNetfront front = Connected(features: "feature-rx-notify feature-no-csum-offload");
        front.Post(32);
        byte[] packet = TcpPacket(5000);
        _endpoint.Incoming.Enqueue((packet, new FrameOffload(SegmentKind.Tcp4, 1448, ChecksumState.Partial, 34, 16)));
        List<NetifRxResponse> answers = Arrived(front, 4);
        Assert.All(answers, answer => Assert.Equal(NetifRxFlags.DataValidated, answer.Flags));
        Assert.Equal([1502, 1502, 1502, 656], answers.Select(a => (int)a.Status));
    }

    [Fact]
    public void FramesBeyondTheGuestsPages_WaitForThem()
    {
        FakeNetfront front = Connected();
        front.Post(20);
        for (int i = 0; i < 40; i++)
        {
            _endpoint.Incoming.Enqueue((Packet(100 + i), default));
        }

        List<NetifRxResponse> answers = Arrived(front, 3);  // the ring is left with room for the longest frame
        Assert.True(answers.Count < 40);
        front.Post(20);
        front.Post(20);
        answers.AddRange(Arrived(front, 40 - answers.Count));
        Assert.Equal(Enumerable.Range(100, 40), answers.Select(a => (int)a.Status));
        Assert.Equal(0, _device.Port.Counters.Overflows);
    }

    [Fact]
    public void MulticastControl_LetsThroughWhatTheGuestAskedFor()
    {
        FakeNetfront front = Connected(features: "feature-sg feature-rx-notify request-multicast-control");
        front.Post(32);
        NetifExtraInfo add = new() { Type = NetifExtraType.MulticastAdd };
        byte[] group = [0x01, 0x00, 0x5E, 0x00, 0x00, 0x01];
        group.CopyTo(MemoryMarshal.AsBytes(new Span<NetifExtraInfo>(ref add))[2..]);
        front.Transmit.Send(new NetifTxRequest { Flags = NetifTxFlags.ExtraInfo }, FakeNetfront.AsRequest(add));
        Assert.Equal([NetifStatus.Okay, NetifStatus.Null], Answers(front, 2).Select(a => a.Status));
        _endpoint.Incoming.Enqueue(([0x01, 0, 0x5E, 0, 0, 0x02, .. new byte[60]], default));
        _endpoint.Incoming.Enqueue(([.. group, .. new byte[54]], default));
        Assert.Equal(60, Assert.Single(Arrived(front, 1)).Status);
        Assert.Empty(_endpoint.Sent);
    }

    [Fact]
    public void Carrier_FollowsTheGuestsDriver()
    {
        FakeNetfront front = Connected();
        TestGuest.Until(() => _endpoint.IsUp);
        front.Write("state", (uint)XenbusState.Closed);
        TestGuest.Until(() => !_endpoint.IsUp);
    }

    [Theory]
    [InlineData(NetifTxFlags.ExtraInfo, 0)]
    [InlineData(NetifTxFlags.MoreData, 0)]
    [InlineData(NetifTxFlags.ExtraInfo, 9)]
    public void Ring_ThatNoDriverWrites_IsNotServedAnyMore(NetifTxFlags flags, byte extra)
    {
        FakeNetfront front = Connected();
        NetifTxRequest first = new() { Flags = flags, Size = 100, Grant = front.Page(new byte[100]) };
        NetifTxRequest second = FakeNetfront.AsRequest(new NetifExtraInfo { Type = (NetifExtraType)extra });
        front.Transmit.Send<NetifTxRequest>(extra == 0 ? [first] : [first, second]);

        TestGuest.Until(() => Back("error") is not null);
        front.Send(Packet(60));
        Assert.Empty(_endpoint.Sent);
    }

    [Theory]
    [InlineData(4000, 200, 200)]                            // leaves its page
    [InlineData(0, 4097, 4097)]
    [InlineData(0, 0, 0)]
    public void Piece_OutsideItsPage_IsAnErrorOfThatPacketOnly(ushort offset, ushort size, int held)
    {
        FakeNetfront front = Connected();
        front.Transmit.Send(new NetifTxRequest { Offset = offset, Size = size, Grant = front.Page(new byte[Math.Min(held, 96)]) });
        Assert.Equal(NetifStatus.Error, Answers(front, 1)[0].Status);
        front.Send(Packet(77));
        Assert.Equal(77, Sent().Bytes.Length);
    }

    [Fact]
    public void RevokedGrants_AreErrorsOfThosePacketsOnly()
    {
        FakeNetfront front = Connected();
        GrantRef page = front.Page(Packet(60));
        _guest.Revoke(page);
        front.Transmit.Send(new NetifTxRequest { Size = 60, Grant = page });
        front.Transmit.Send(new NetifTxRequest { Size = 60, Grant = new GrantRef(999_999) });
        Assert.All(Answers(front, 2), answer => Assert.Equal(NetifStatus.Error, answer.Status));
    }

    /// <summary>The fuzz target of the transmit ring: whatever stands in the slots, each turn ends, and nothing leaves the guest's pages.</summary>
    [Fact]
    public void AnyRequests_AreSurvived()
    {
        int rounds = 0;
        Gen.Byte.Array[12 * 32].Sample(
            slots =>
            {
                using TestGuest guest = new();
                using RecordingEndpoint endpoint = new();
                FrontRing front = new(guest, 12);
                Span<NetifTxRequest> requests = MemoryMarshal.Cast<byte, NetifTxRequest>(slots.AsSpan());
                foreach (ref NetifTxRequest request in requests)
                {
                    request.Grant = rounds++ % 3 == 0 ? request.Grant : guest.NewGrant().Reference;
                    request.Flags &= (NetifTxFlags)(rounds % 2 == 0 ? 0xF : 0x3);
                    front.Send(request);
                }

                NicTransmitter transmitter = new(new Rings.SharedRing(front.Pages, 12), guest.Grants);
                PortCounters counters = new();
                Frame frame = new();
                for (int turns = 0; transmitter.TryTake(frame, new MulticastFilter(), counters); turns++)
                {
                    Assert.True(turns < 32 && frame.Length <= ushort.MaxValue);
                }
            }, iter: 300, threads: 1);
    }

    private FakeNetfront Connected(string? features = null)
    {
        FakeNetfront front = features is null ? new FakeNetfront(_guest) : new FakeNetfront(_guest, features);
        front.Connect();
        TestGuest.Until(() => Back("state") == "4");
        return front;
    }

    private (byte[] Bytes, FrameOffload Offload) Sent()
    {
        (byte[] Bytes, FrameOffload Offload) sent = default;
        TestGuest.Until(() => _endpoint.Sent.TryDequeue(out sent));
        return sent;
    }

    private static List<NetifTxResponse> Answers(FakeNetfront front, int count) => Collect<NetifTxResponse>(front.Transmit, count);

    private static List<NetifRxResponse> Arrived(FakeNetfront front, int count) => Collect<NetifRxResponse>(front.Receive, count);

    private static List<T> Collect<T>(FrontRing ring, int count)
        where T : unmanaged
    {
        List<T> all = [];
        TestGuest.Until(() =>
        {
            all.AddRange(ring.Take<T>());
            return all.Count >= count;
        });
        return all;
    }

    private static byte[] Packet(int length) =>
        [0, 0x16, 0x3E, 0, 0, 2, 0, 0x16, 0x3E, 0, 0, 1, 0x90, 0, .. Enumerable.Range(14, length - 14).Select(i => (byte)i)];

    private static byte[] TcpPacket(int length)
    {
        byte[] packet = Packet(length);
        (packet[12], packet[13], packet[14], packet[23], packet[46]) = (0x08, 0x00, 0x45, 6, 0x50);
        packet[16] = (byte)((length - 14) >> 8);
        packet[17] = (byte)(length - 14);
        packet[20] = packet[21] = 0;
        return packet;
    }

    private string? Front(string node) => _guest.Store.Read(_device.Address.Front(TestGuest.Id).Child(node));

    private string? Back(string node) => _guest.Store.Read(_device.Address.Back(TestGuest.Id).Child(node));
}
