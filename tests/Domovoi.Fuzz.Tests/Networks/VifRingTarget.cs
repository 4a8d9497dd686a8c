// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Runtime.InteropServices;
using Domovoi.Backends;
using Domovoi.Backends.Nics;
using Domovoi.Backends.Xenbus;
using Domovoi.Memory;
using Domovoi.Network.Frames;
using Domovoi.Network.Ports;
using Domovoi.Network.Vlans;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore.Store;

namespace Domovoi.Fuzz.Networks;

/// <summary>A guest's network driver that does what it likes: every slot it fills is answered, and only what it granted is read or written.</summary>
internal sealed class VifRingTarget : IFuzzTarget
{
    private const byte Secret = 0xA7;
    private const int MostPosted = 200;
    private static readonly string[] Features =
        ["feature-sg", "feature-gso-tcpv4", "feature-gso-tcpv6", "feature-ipv6-csum-offload", "feature-rx-notify", "request-multicast-control", "feature-no-csum-offload"];

    public void Run(Random random)
    {
        using TestGuest guest = new(frames: 4096);
        using RecordingEndpoint endpoint = new() { Patience = random.Chance(2) ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(1) };
        NicSettings settings = new(0, SampleFrames.Station, 1500, Queues: 1, Rate: null, Trusted: true, []);
        using NicDevice device = new(settings, new GuestPort(endpoint, VlanPolicy.Everything, null), TimeProvider.System);
        using DeviceBus bus = new(guest.Domain);
        Assert.True(bus.TryAdd(device));
        FakeNetfront front = new(guest, string.Join(' ', Features.Where(_ => random.Chance(2))));
        front.Connect();
        TestGuest.Until(() => endpoint.IsUp);
        Mfn[] secrets = [.. Enumerable.Range(0, 3).Select(_ => Hide(guest))];
        Play(random, guest, endpoint, front, () => Node(guest, device, "error") is not null);
        front.Write("state", (uint)XenbusState.Closed);
        TestGuest.Until(() => !endpoint.IsUp);
        Assert.All(secrets, frame => Assert.Equal(-1, guest.Memory.Frame(frame.Value).IndexOfAnyExcept(Secret)));
        Assert.All(endpoint.Sent, static sent => Assert.Equal(-1, sent.Bytes.AsSpan().IndexOf(Enumerable.Repeat(Secret, 64).ToArray())));
    }

    public void Dispose()
    {
    }

    private static void Play(Random random, TestGuest guest, RecordingEndpoint endpoint, FakeNetfront front, Func<bool> isBroken)
    {
        List<GrantRef> references = [.. Enumerable.Range(0, 12).Select(_ => front.Page(random.Bytes(60)))];
        int slots = 0;
        int posted = 0;
        for (int rounds = random.Next(1, 8); rounds > 0; rounds--)
        {
            NetifTxRequest[] packet = Packet(random, references);
            switch (random.Next(6))
            {
                case 0 when posted < MostPosted:
                    int count = random.Next(1, 40);
                    posted += count;
                    front.Post(count);
                    break;
                case 1:
                    endpoint.Incoming.Enqueue((SampleFrames.Any(random), AnyOffload(random)));
                    break;
                case 2:
                    guest.Revoke(random.OneOf<GrantRef>(references.ToArray()));
                    break;
                case 3 when random.Chance(4):
                    front.Transmit.RequestProducer += (uint)random.EdgeNumber();
                    front.Signal();
                    return;
                default:
                    front.Transmit.Send<NetifTxRequest>(packet);
                    slots += packet.Length;
                    break;
            }

            front.Signal();
            TestGuest.Until(() => isBroken() || (slots -= front.Transmit.Take<NetifTxResponse>().Count) <= 0);
            if (isBroken())
            {
                return;
            }

            Assert.Equal(0, slots);
        }

        Assert.All(front.Receive.Take<NetifRxResponse>(), static answer => Assert.InRange(answer.Status, NetifStatus.Dropped, 4096));
    }

    /// <summary>A packet as a driver would write it, then some of it anything else.</summary>
    private static NetifTxRequest[] Packet(Random random, List<GrantRef> references)
    {
        List<NetifTxRequest> slots = [];
        int pieces = random.Chance(6) ? random.Next(1, 24) : random.Next(1, 5);
        int whole = 0;
        for (int i = 0; i < pieces; i++)
        {
            ushort size = (ushort)(random.Chance(12) ? random.EdgeNumber() : (ulong)random.Next(1, 1500));
            whole += size;
            slots.Add(new NetifTxRequest
            {
                Grant = random.Chance(12) ? new GrantRef((uint)random.EdgeNumber()) : random.OneOf<GrantRef>(references.ToArray()),
                Offset = (ushort)(random.Chance(8) ? random.EdgeNumber() : (ulong)random.Next(2000)),
                Id = (ushort)random.Next(0x10000),
                Size = size,
                Flags = (i + 1 < pieces && !random.Chance(30) ? NetifTxFlags.MoreData : 0) | (NetifTxFlags)(random.Next(4)),
            });
        }

        Span<NetifTxRequest> all = CollectionsMarshal.AsSpan(slots);
        all[0].Size = (ushort)(random.Chance(12) ? random.EdgeNumber() : (ulong)whole);
        for (int extras = random.Chance(3) ? random.Next(1, 4) : 0, first = extras; extras > 0; extras--)
        {
            CollectionsMarshal.AsSpan(slots)[0].Flags |= NetifTxFlags.ExtraInfo;
            slots.Insert(1, FakeNetfront.AsRequest(Extra(random, isLast: extras == first)));
        }

        return [.. slots];
    }

    private static NetifExtraInfo Extra(Random random, bool isLast)
    {
        NetifExtraInfo extra = MemoryMarshal.Read<NetifExtraInfo>(random.Bytes(8));
        extra.Flags = (byte)(isLast && !random.Chance(20) ? 0 : NetifExtraInfo.More);
        extra.Type = (NetifExtraType)(random.Chance(20) ? random.Next(256) : random.Next(1, 4));
        if (extra.Type == NetifExtraType.Gso)
        {
            extra.GsoType = (NetifGsoType)random.Next(random.Chance(10) ? 256 : 3);
            extra.GsoSize = (ushort)(random.Chance(4) ? random.EdgeNumber() : 1448);
        }

        return extra;
    }

    private static FrameOffload AnyOffload(Random random) =>
        new((SegmentKind)random.Next(3), (ushort)random.EdgeNumber(), (ChecksumState)random.Next(3), (ushort)random.Next(100), (ushort)random.Next(64));

    private static Mfn Hide(TestGuest guest)
    {
        (GrantRef reference, Mfn frame) = guest.NewGrant();
        guest.Memory.Frame(frame.Value).Fill(Secret);
        guest.Revoke(reference);
        return frame;
    }

    private static string? Node(TestGuest guest, NicDevice device, string name) => guest.Store.Read(device.Address.Back(TestGuest.Id).Child(name));
}
