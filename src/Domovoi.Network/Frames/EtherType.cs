// SPDX-License-Identifier: MIT
namespace Domovoi.Network.Frames;

/// <summary>Types of Ethernet payloads that are looked into, and protocols of IP.</summary>
internal static class EtherType
{
    internal const ushort Ipv4 = 0x0800;
    internal const ushort Arp = 0x0806;
    internal const ushort Vlan = 0x8100;
    internal const ushort Ipv6 = 0x86DD;

    /// <summary>IEEE 802.1ad, the outer tag of two.</summary>
    internal const ushort ServiceVlan = 0x88A8;

    internal const byte Icmp = 1;
    internal const byte Tcp = 6;
    internal const byte Udp = 17;
    internal const byte Icmpv6 = 58;
}
