// SPDX-License-Identifier: MIT
using System.Net;
using Domovoi.Linux;
using Domovoi.Network.Captures;
using Domovoi.Network.Endpoints;
using Domovoi.Network.Filters;
using Domovoi.Network.Frames;
using Domovoi.Network.Ports;
using Domovoi.Network.Vlans;
using Microsoft.Extensions.Time.Testing;

namespace Domovoi.Network;

public sealed class GuestPortTests : IDisposable
{
    private readonly RecordingEndpoint _endpoint = new();
    private readonly CollectedFrames _guest = new();

    public void Dispose() => _endpoint.Dispose();

    [Fact]
    public void Transmit_GoesTaggedToTheEndpointAndIsCounted()
    {
        GuestPort port = Port("10", null);
        port.Transmit(TestFrame.Plain());
        Assert.Equal(TestFrame.Tagged(10).Bytes.ToArray(), Assert.Single(_endpoint.Sent.Frames));
        Assert.Equal((1, 23), (port.Counters.TransmittedFrames, port.Counters.TransmittedBytes));
    }

    [Fact]
    public void Transmit_ThatMayNotBe_IsCountedAndGoesNowhere()
    {
        GuestPort port = Port("10", new AntispoofFilter(TestFrame.Guest, [IPNetwork.Parse("10.0.0.5/32")]));
        port.Transmit(TestFrame.Arp("10.0.0.1"));
        port.Transmit(TestFrame.Ipv4("10.0.0.9", "10.0.0.1", 6, new byte[20]));
        Assert.Equal(2, port.Counters.SpoofDrops);
        GuestPort plain = Port("10", null);
        plain.Transmit(TestFrame.Tagged(11));
        Assert.Equal(1, plain.Counters.VlanDrops);
        Assert.Empty(_endpoint.Sent.Frames);
    }

    [Fact]
    public void Deliver_GivesTheGuestItsVlanOnly()
    {
        GuestPort port = Port("10p/20", null);
        IFrameSink network = port;
        network.Deliver(TestFrame.Tagged(10));
        network.Deliver(TestFrame.Tagged(20));
        network.Deliver(TestFrame.Tagged(30));
        Assert.Equal([TestFrame.Plain().Bytes.ToArray(), TestFrame.Tagged(20).Bytes.ToArray()], _guest.Frames);
        Assert.Equal(2, port.Counters.ReceivedFrames);
    }

    [Fact]
    public void Capture_IsWhatThePcapLibraryReads()
    {
        MemoryStream file = new();
        GuestPort port = Port("10", null);
        FakeTimeProvider time = new(new DateTimeOffset(2026, 11, 23, 0, 0, 1, TimeSpan.Zero));
        PcapWriter writer = new(file, time, 65535);
        port.Capture.Attach(writer);
        port.Transmit(TestFrame.Plain());
        ((IFrameSink)port).Deliver(TestFrame.Tagged(10));
        port.Capture.Detach(writer);
        port.Transmit(TestFrame.Plain());
        byte[] expected = TestFrame.Plain().Bytes.ToArray();
        byte[] bytes = file.ToArray();
        Assert.Equal(24 + (2 * (16 + expected.Length)), bytes.Length);
        Assert.Equal(Convert.FromHexString("4D3CB2A1020004000000000000000000FFFF000001000000"), bytes[..24]);
        Assert.Equal(time.GetUtcNow().ToUnixTimeSeconds(), BitConverter.ToUInt32(bytes, 24));
        Assert.Equal(expected, bytes[40..(40 + expected.Length)]);
        Assert.Equal(expected, bytes[^expected.Length..]);
    }

    private GuestPort Port(string vlans, AntispoofFilter? antispoof)
    {
        Assert.True(VlanPolicy.TryParse(vlans, out VlanPolicy policy, out string complaint), complaint);
        return new GuestPort(_endpoint, policy, antispoof) { Guest = _guest };
    }

    private sealed class RecordingEndpoint : INetworkEndpoint
    {
        internal CollectedFrames Sent { get; } = new();

        public OffloadSupport Accepts => OffloadSupport.All;

        public bool IsCongested => false;

        public bool IsPrompt => true;

        public ArrivalSet? Arrivals => null;

        public void SetCarrier(bool isUp)
        {
        }

        public void Send(Frame frame) => Sent.Deliver(frame);

        public TimeSpan Prepare(PollSet set, IFrameSink sink) => Timeout.InfiniteTimeSpan;

        public void Receive(PollSet set, IFrameSink sink)
        {
        }

        public bool ReceiveNow(IFrameSink sink) => false;

        public void Dispose()
        {
        }
    }
}
