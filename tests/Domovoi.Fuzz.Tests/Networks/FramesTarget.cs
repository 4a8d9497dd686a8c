// SPDX-License-Identifier: MIT
using System.Net;
using Domovoi.Network.Filters;
using Domovoi.Network.Frames;
using Domovoi.Network.Offloads;
using Domovoi.Network.Ports;
using Domovoi.Network.Vlans;

namespace Domovoi.Fuzz.Networks;

/// <summary>Frames on their way through a port: what leaves it has a VLAN of the port's, the guest's own addresses, and segments of the size they say.</summary>
internal sealed class FramesTarget : IFuzzTarget
{
    private static readonly string[] Policies = ["10", "10p/20/100-110", "20", "1p/30", "5u/6p/7"];
    private static readonly IPNetwork[] Own = [IPNetwork.Parse("10.0.0.5/32"), IPNetwork.Parse("fd00::5/128")];
    private static readonly OffloadSupport[] Supports =
        [OffloadSupport.None, OffloadSupport.All, OffloadSupport.Checksum4, OffloadSupport.Tcp4 | OffloadSupport.Checksum4 | OffloadSupport.Checksum6];

    public void Run(Random random)
    {
        VlanPolicy vlans = VlanPolicy.Everything;
        string? text = random.Chance(3) ? null : random.OneOf<string>(Policies);
        Assert.True(text is null || VlanPolicy.TryParse(text, out vlans, out _));
        AntispoofFilter? antispoof = random.Chance(2) ? new AntispoofFilter(SampleFrames.Station, Own) : null;
        FrameWitness network = new() { Accepts = random.OneOf<OffloadSupport>(Supports) };
        FrameWitness guest = new();
        GuestPort port = new(network, vlans, antispoof) { Guest = guest, GuestSupport = random.OneOf<OffloadSupport>(Supports) };
        Frame frame = new();
        for (int count = random.Next(1, 12); count > 0; count--)
        {
            bool isOfGuest = random.Chance(2);
            SampleFrames.Make(random, frame, isOfGuest);
            network.Seen.Clear();
            guest.Seen.Clear();
            if (isOfGuest)
            {
                port.Transmit(frame);
                Assert.All(network.Seen, bytes => CheckSent(bytes, vlans, isGuarded: antispoof is not null));
                network.CheckOffloads(network.Accepts);
            }
            else
            {
                bool isMine = text is null || vlans.Members.Contains(VlanPolicy.VlanOf(frame.Bytes, out _));
                ((IFrameSink)port).Deliver(frame);
                Assert.True(isMine || guest.Seen.Count == 0, "a frame of another VLAN reached the guest");
                guest.CheckOffloads(port.GuestSupport);
            }
        }
    }

    public void Dispose()
    {
    }

    private static void CheckSent(byte[] bytes, VlanPolicy vlans, bool isGuarded)
    {
        VlanId vlan = VlanPolicy.VlanOf(bytes, out _);
        Assert.True(vlans.CarriesEverything || vlans.Members.Contains(vlan), $"left in VLAN {vlan.Value}: {Convert.ToHexString(bytes.AsSpan(0, Math.Min(bytes.Length, 24)))}, {bytes.Length} bytes");
        if (!isGuarded)
        {
            return;
        }

        ReadOnlySpan<byte> frame = bytes;
        Assert.True(MacAddress.Read(frame[6..]) == SampleFrames.Station, "left under another's MAC address");
        ReadOnlySpan<byte> payload = frame[12..];
        while (payload is [0x81, 0, ..] or [0x88, 0xA8, ..])
        {
            payload = payload[4..];
        }

        ushort type = (ushort)((payload[0] << 8) | payload[1]);
        payload = payload[2..];
        switch (type)
        {
            case 0x0800:
                IPAddress source = new(payload.Slice(12, 4));
                Assert.True(source.Equals(Own[0].BaseAddress) || source.Equals(IPAddress.Any), $"left from {source}");
                break;
            case 0x86DD:
                IPAddress source6 = new(payload.Slice(8, 16));
                Assert.True(source6.Equals(Own[1].BaseAddress) || source6.Equals(IPAddress.IPv6Any) || source6.IsIPv6LinkLocal, $"left from {source6}");
                break;
            case 0x0806:
                Assert.True(MacAddress.Read(payload[8..]) == SampleFrames.Station, "ARP for another's MAC address");
                IPAddress claimed = new(payload.Slice(14, 4));
                Assert.True(claimed.Equals(Own[0].BaseAddress) || claimed.Equals(IPAddress.Any), $"ARP claims {claimed}");
                break;
            default:
                Assert.Fail($"left with protocol {type:x4}");
                break;
        }
    }
}
