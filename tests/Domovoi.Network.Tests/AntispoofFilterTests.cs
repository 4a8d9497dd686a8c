// SPDX-License-Identifier: MIT
using System.Net;
using CsCheck;
using Domovoi.Network.Filters;
using Domovoi.Network.Frames;

namespace Domovoi.Network;

public sealed class AntispoofFilterTests
{
    private readonly AntispoofFilter _filter = Filter("10.0.0.5", "10.1.0.0/16", "fd00::5");

    [Theory]
    [InlineData("10.0.0.5", true)]
    [InlineData("10.1.200.3", true)]
    [InlineData("10.0.0.6", false)]
    [InlineData("10.2.0.1", false)]
    [InlineData("0.0.0.0", false)]
    public void Ipv4_LeavesUnderOwnAddressesOnly(string source, bool expected) =>
        Assert.Equal(expected, _filter.Allows(TestFrame.Ipv4(source, "10.0.0.1", EtherType.Tcp, TestFrame.Tcp(10))));

    [Fact]
    public void Dhcp_LeavesWithoutAnAddress() =>
        Assert.True(_filter.Allows(TestFrame.Ipv4("0.0.0.0", "255.255.255.255", EtherType.Udp, [0, 68, 0, 67, 0, 8, 0, 0])));

    [Fact]
    public void ForeignMac_IsStopped()
    {
        Assert.False(_filter.Allows(TestFrame.Plain(source: TestFrame.Other)));
        Frame frame = TestFrame.Ipv4("10.0.0.5", "10.0.0.1", EtherType.Tcp, TestFrame.Tcp(10));
        TestFrame.Other.Write(frame.Bytes[6..]);
        Assert.False(_filter.Allows(frame));
    }

    [Fact]
    public void Arp_ClaimsOwnAddressesOnly()
    {
        Assert.True(_filter.Allows(TestFrame.Arp("10.0.0.5")));
        Assert.True(_filter.Allows(TestFrame.Arp("0.0.0.0")));
        Assert.False(_filter.Allows(TestFrame.Arp("10.0.0.1")));
        Assert.False(_filter.Allows(TestFrame.Arp("10.0.0.5", TestFrame.Other)));
    }

    [Theory]
    [InlineData("fd00::5", true)]
    [InlineData("fe80::216:3eff:fe00:1", true)]
    [InlineData("fd00::6", false)]
    public void Ipv6_LeavesUnderOwnAddressesOnly(string source, bool expected) =>
        Assert.Equal(expected, _filter.Allows(TestFrame.Ipv6(source, "fd00::1", EtherType.Tcp, TestFrame.Tcp(10))));

    [Fact]
    public void Neighbours_AreToldTheTruth()
    {
        Assert.True(_filter.Allows(TestFrame.NeighbourAdvertisement("fd00::5", "fd00::5", TestFrame.Guest)));
        Assert.False(_filter.Allows(TestFrame.NeighbourAdvertisement("fd00::5", "fd00::1", TestFrame.Guest)));
        Assert.False(_filter.Allows(TestFrame.NeighbourAdvertisement("fd00::5", "fd00::5", TestFrame.Other)));
        Assert.False(_filter.Allows(TestFrame.Ipv6("fe80::1", "ff02::1", EtherType.Icmpv6, [134, 0, 0, 0, 64, 0, 0, 0])));
        Assert.True(_filter.Allows(TestFrame.Ipv6("::", "ff02::1:ff00:5", EtherType.Icmpv6, [135, 0, .. new byte[22]])));
    }

    [Fact]
    public void HiddenProtocols_AreStopped()
    {
        Assert.False(_filter.Allows(TestFrame.Plain()));
        Assert.False(_filter.Allows(TestFrame.Ipv6("fd00::6", "fd00::1", 60, [60, 0, 0, 0, 0, 0, 0, 0])));
    }

    [Theory]
    [InlineData("10.0.0.5", true)]
    [InlineData("10.0.0.0/33", false)]
    [InlineData("fd00::/64", true)]
    [InlineData("guest", false)]
    [InlineData("10.0.0.0/", false)]
    public void Address_IsReadAsXlWritesIt(string text, bool expected) =>
        Assert.Equal(expected, AntispoofFilter.TryParseAddress(text, out _));

    [Fact]
    public void AnyBytes_AreSurvived() => Gen.Select(Gen.Byte.Array[0, 120], Gen.Int[0, 4]).Sample(
        (bytes, type) =>
        {
            Frame frame = TestFrame.Of(TestFrame.Guest, TestFrame.Other, (ushort[])[0x800, 0x806, 0x86DD, 0x8100, 0] is var t ? t[type] : (ushort)0, bytes);
            _ = _filter.Allows(frame);
        }, iter: 20_000);

    private static AntispoofFilter Filter(params string[] addresses) => new(
        TestFrame.Guest, [.. addresses.Select(a => AntispoofFilter.TryParseAddress(a, out IPNetwork n) ? n : throw new FormatException(a))]);
}
