// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Domovoi.Linux;

/// <summary>An interface of the host.</summary>
/// <param name="Index">The kernel's number for it.</param>
/// <param name="Name">At most 15 characters.</param>
/// <param name="Mtu">Bytes.</param>
/// <param name="Master">Index of the bridge it belongs to; 0 for none.</param>
/// <param name="IsUp">Whether it has been taken up.</param>
/// <param name="Kind">Such as <c>bridge</c>, <c>tun</c>, <c>veth</c>; null for hardware.</param>
/// <param name="Station">Its MAC address.</param>
public sealed record NetworkLink(int Index, string Name, int Mtu, int Master, bool IsUp, string? Kind, IReadOnlyList<byte> Station);

/// <summary>An address of an interface.</summary>
/// <param name="Link">Index of the interface.</param>
/// <param name="Address">IPv4 or IPv6.</param>
/// <param name="PrefixLength">Of its network.</param>
/// <param name="Broadcast">IPv4's, if it has one.</param>
/// <param name="Scope"><c>rt_scope_t</c>: 0 global, 253 link.</param>
/// <param name="Label">IPv4's, such as <c>eth0:1</c>.</param>
public sealed record NetworkAddress(int Link, IPAddress Address, int PrefixLength, IPAddress? Broadcast, int Scope, string? Label);

/// <summary>A route of the main table.</summary>
/// <param name="Link">Index of the interface it leads to.</param>
/// <param name="Destination">null for the default route.</param>
/// <param name="PrefixLength">Of the destination.</param>
/// <param name="Gateway">null when the destination is on the link.</param>
/// <param name="Source">The address to prefer; may be null.</param>
/// <param name="Metric">0 for none.</param>
/// <param name="Protocol">Who made it: 2 the kernel, 3 boot, 4 static, 16 DHCP.</param>
/// <param name="Scope">0 universe, 253 link.</param>
public sealed record NetworkRoute(
    int Link, IPAddress? Destination, int PrefixLength, IPAddress? Gateway, IPAddress? Source, int Metric, int Protocol, int Scope)
{
    /// <summary>Whether it is one of IPv6.</summary>
    public bool IsIpv6 { get; init; }
}

/// <summary>rtnetlink(7): asks the kernel about interfaces, addresses and routes, and changes them. One thread.</summary>
public sealed unsafe partial class RouteSocket : IDisposable
{
    private const int AF_NETLINK = 16;
    private const int SOCK_RAW = 3;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int HeaderSize = 16;
    private const int LinkHeader = 16;
    private const int AddressHeader = 8;
    private const int RouteHeader = 12;
    private const byte Inet = 2;
    private const byte Inet6 = 10;
    private const byte BridgeFamily = 7;
    private const int RTM_NEWLINK = 16;
    private const int RTM_DELLINK = 17;
    private const int RTM_GETLINK = 18;
    private const int RTM_NEWADDR = 20;
    private const int RTM_DELADDR = 21;
    private const int RTM_GETADDR = 22;
    private const int RTM_NEWROUTE = 24;
    private const int RTM_DELROUTE = 25;
    private const int RTM_GETROUTE = 26;
    private const int NLM_F_REQUEST = 1;
    private const int NLM_F_ACK = 4;
    private const int NLM_F_DUMP = 0x300;
    private const int NLM_F_EXCL = 0x200;
    private const int NLM_F_CREATE = 0x400;
    private const int NLMSG_ERROR = 2;
    private const int NLMSG_DONE = 3;
    private const int IFF_UP = 1;
    private const int MainTable = 254;
    private const int Unicast = 1;
    private const int ReceiveSize = 64 * 1024;

    private readonly SafeFileHandle _handle;
    private readonly byte[] _buffer = new byte[ReceiveSize];
    private uint _sequence;

    public RouteSocket()
    {
        int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
        _handle = descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw LinuxException.FromLastError(nameof(socket));
    }

    public IReadOnlyList<NetworkLink> Links()
    {
        List<NetworkLink> links = [];
        Dump(RTM_GETLINK, LinkHeader, message => links.Add(ReadLink(message)));
        return links;
    }

    public NetworkLink? FindLink(string name) => Links().FirstOrDefault(link => link.Name == name);

    /// <summary>Those of every interface.</summary>
    public IReadOnlyList<NetworkAddress> Addresses()
    {
        List<NetworkAddress> addresses = [];
        Dump(RTM_GETADDR, AddressHeader, message => addresses.Add(ReadAddress(message)));
        return addresses;
    }

    /// <summary>The unicast routes of the main table.</summary>
    public IReadOnlyList<NetworkRoute> Routes()
    {
        List<NetworkRoute> routes = [];
        Dump(RTM_GETROUTE, RouteHeader, message =>
        {
            if (ReadRoute(message) is { } route)
            {
                routes.Add(route);
            }
        });
        return routes;
    }

    public void CreateBridge(string name)
    {
        NetlinkMessage message = new(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, LinkHeader);
        message.Add(NetlinkAttribute.LinkName, name);
        int nested = message.Open(NetlinkAttribute.LinkDescription);
        message.Add(NetlinkAttribute.LinkKind, "bridge");
        message.Close(nested);
        Request(message, "netlink(RTM_NEWLINK bridge)");
    }

    public void DeleteLink(int index) => Request(OfLink(RTM_DELLINK, index), "netlink(RTM_DELLINK)");

    /// <param name="index">Of the interface.</param>
    /// <param name="master">Index of the bridge; 0 takes it out of the one it is in.</param>
    public void SetMaster(int index, int master)
    {
        NetlinkMessage message = OfLink(RTM_NEWLINK, index);
        message.Add(NetlinkAttribute.LinkMaster, (uint)master);
        Request(message, "netlink(IFLA_MASTER)");
    }

    public void SetUp(int index, bool isUp)
    {
        NetlinkMessage message = OfLink(RTM_NEWLINK, index);
        message.Write32(HeaderSize + 8, isUp ? (uint)IFF_UP : 0);
        message.Write32(HeaderSize + 12, IFF_UP);
        Request(message, "netlink(IFF_UP)");
    }

    public void SetMtu(int index, int mtu)
    {
        NetlinkMessage message = OfLink(RTM_NEWLINK, index);
        message.Add(NetlinkAttribute.LinkMtu, (uint)mtu);
        Request(message, "netlink(IFLA_MTU)");
    }

    public void SetStation(int index, ReadOnlySpan<byte> station)
    {
        NetlinkMessage message = OfLink(RTM_NEWLINK, index);
        message.Add(NetlinkAttribute.LinkStation, station);
        Request(message, "netlink(IFLA_ADDRESS)");
    }

    /// <summary>Lets a port of a bridge that filters VLANs carry some, tagged.</summary>
    public void AddBridgeVlans(int port, IEnumerable<ushort> vlans)
    {
        foreach (ushort[] chunk in vlans.Chunk(256))
        {
            NetlinkMessage message = OfLink(RTM_NEWLINK, port, BridgeFamily);
            int nested = message.Open(NetlinkAttribute.LinkFamilySpecific);
            foreach (ushort vlan in chunk)
            {
                message.Add(NetlinkAttribute.BridgeVlan, [0, 0, (byte)vlan, (byte)(vlan >> 8)]);
            }

            message.Close(nested);
            Request(message, "netlink(IFLA_BRIDGE_VLAN_INFO)");
        }
    }

    public void AddAddress(NetworkAddress address) => Request(OfAddress(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, address), "netlink(RTM_NEWADDR)");

    public void DeleteAddress(NetworkAddress address) => Request(OfAddress(RTM_DELADDR, 0, address), "netlink(RTM_DELADDR)");

    public void AddRoute(NetworkRoute route) => Request(OfRoute(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route), "netlink(RTM_NEWROUTE)");

    public void DeleteRoute(NetworkRoute route) => Request(OfRoute(RTM_DELROUTE, 0, route), "netlink(RTM_DELROUTE)");

    public void Dispose() => _handle.Dispose();

    private static NetlinkMessage OfLink(int type, int index, byte family = 0)
    {
        NetlinkMessage message = new(type, 0, LinkHeader);
        message.Write8(HeaderSize, family);
        message.Write32(HeaderSize + 4, (uint)index);
        return message;
    }

    private static NetlinkMessage OfAddress(int type, int flags, NetworkAddress address)
    {
        byte[] bytes = address.Address.GetAddressBytes();
        NetlinkMessage message = new(type, flags, AddressHeader);
        message.Write8(HeaderSize, bytes.Length == 4 ? Inet : Inet6);
        message.Write8(HeaderSize + 1, (byte)address.PrefixLength);
        message.Write8(HeaderSize + 3, (byte)address.Scope);
        message.Write32(HeaderSize + 4, (uint)address.Link);
        message.Add(NetlinkAttribute.AddressLocal, bytes);
        message.Add(NetlinkAttribute.AddressOwn, bytes);
        if (address.Broadcast is { } broadcast)
        {
            message.Add(NetlinkAttribute.AddressBroadcast, broadcast.GetAddressBytes());
        }

        if (address.Label is { } label)
        {
            message.Add(NetlinkAttribute.AddressLabel, label);
        }

        return message;
    }

    private static NetlinkMessage OfRoute(int type, int flags, NetworkRoute route)
    {
        NetlinkMessage message = new(type, flags, RouteHeader);
        message.Write8(HeaderSize, route.IsIpv6 ? Inet6 : Inet);
        message.Write8(HeaderSize + 1, (byte)route.PrefixLength);
        message.Write8(HeaderSize + 4, MainTable);
        message.Write8(HeaderSize + 5, (byte)route.Protocol);
        message.Write8(HeaderSize + 6, (byte)route.Scope);
        message.Write8(HeaderSize + 7, Unicast);
        message.AddIf(NetlinkAttribute.RouteDestination, route.Destination);
        message.AddIf(NetlinkAttribute.RouteGateway, route.Gateway);
        message.AddIf(NetlinkAttribute.RouteSource, route.Source);
        message.Add(NetlinkAttribute.RouteLink, (uint)route.Link);
        if (route.Metric != 0)
        {
            message.Add(NetlinkAttribute.RouteMetric, (uint)route.Metric);
        }

        return message;
    }

    private static NetworkLink ReadLink(ReadOnlySpan<byte> message)
    {
        NetlinkAttributes attributes = new(message[LinkHeader..]);
        NetlinkAttributes description = new(attributes.Find(NetlinkAttribute.LinkDescription));
        ReadOnlySpan<byte> kind = description.Find(NetlinkAttribute.LinkKind);
        return new NetworkLink(
            BinaryPrimitives.ReadInt32LittleEndian(message[4..]),
            attributes.Text(NetlinkAttribute.LinkName) ?? "",
            (int)(attributes.Number(NetlinkAttribute.LinkMtu) ?? 1500),
            (int)(attributes.Number(NetlinkAttribute.LinkMaster) ?? 0),
            (message[8] & IFF_UP) != 0,
            kind.IsEmpty ? null : Encoding.ASCII.GetString(kind).TrimEnd('\0'),
            attributes.Find(NetlinkAttribute.LinkStation).ToArray());
    }

    private static NetworkAddress ReadAddress(ReadOnlySpan<byte> message)
    {
        NetlinkAttributes attributes = new(message[AddressHeader..]);
        return new NetworkAddress(
            BinaryPrimitives.ReadInt32LittleEndian(message[4..]),
            attributes.Address(NetlinkAttribute.AddressLocal) ?? attributes.Address(NetlinkAttribute.AddressOwn) ?? IPAddress.Any,
            message[1],
            attributes.Address(NetlinkAttribute.AddressBroadcast),
            message[3],
            attributes.Text(NetlinkAttribute.AddressLabel));
    }

    private static NetworkRoute? ReadRoute(ReadOnlySpan<byte> message)
    {
        NetlinkAttributes attributes = new(message[RouteHeader..]);
        uint table = attributes.Number(NetlinkAttribute.RouteTable) ?? message[4];
        return table != MainTable || message[7] != Unicast || attributes.Number(NetlinkAttribute.RouteLink) is not { } link
            ? null
            : new NetworkRoute(
                (int)link,
                attributes.Address(NetlinkAttribute.RouteDestination),
                message[1],
                attributes.Address(NetlinkAttribute.RouteGateway),
                attributes.Address(NetlinkAttribute.RouteSource),
                (int)(attributes.Number(NetlinkAttribute.RouteMetric) ?? 0),
                message[5],
                message[6])
            {
                IsIpv6 = message[0] == Inet6,
            };
    }

    /// <summary>Sends a change and waits for the kernel's answer.</summary>
    private void Request(NetlinkMessage message, string call)
    {
        uint sequence = Send(message, NLM_F_ACK);
        while (true)
        {
            ReadOnlySpan<byte> rest = Receive();
            while (TryTakeMessage(ref rest, sequence, out int type, out ReadOnlySpan<byte> body))
            {
                if (type == NLMSG_ERROR)
                {
                    int error = -BinaryPrimitives.ReadInt32LittleEndian(body);
                    if (error != 0)
                    {
                        throw new LinuxException(call, error);
                    }

                    return;
                }
            }
        }
    }

    private void Dump(int type, int header, MessageReader reader)
    {
        NetlinkMessage message = new(type, NLM_F_DUMP, header);
        uint sequence = Send(message, 0);
        while (true)
        {
            ReadOnlySpan<byte> rest = Receive();
            while (TryTakeMessage(ref rest, sequence, out int answer, out ReadOnlySpan<byte> body))
            {
                if (answer == NLMSG_DONE)
                {
                    return;
                }

                if (answer == NLMSG_ERROR)
                {
                    throw new LinuxException("netlink(dump)", -BinaryPrimitives.ReadInt32LittleEndian(body));
                }

                if (body.Length >= header)
                {
                    reader(body);
                }
            }
        }
    }

    private uint Send(NetlinkMessage message, int flags)
    {
        ReadOnlySpan<byte> bytes = message.Finish(flags | NLM_F_REQUEST, ++_sequence);
        fixed (byte* first = bytes)
        {
            // SAFETY: the kernel reads at most the span's length.
            return send(_handle, first, (nuint)bytes.Length, 0) == bytes.Length ? _sequence : throw LinuxException.FromLastError(nameof(send));
        }
    }

    private ReadOnlySpan<byte> Receive()
    {
        fixed (byte* room = _buffer)
        {
            // SAFETY: the kernel writes at most the buffer's length.
            nint count = recv(_handle, room, (nuint)_buffer.Length, 0);
            return count >= 0 ? _buffer.AsSpan(0, (int)count) : throw LinuxException.FromLastError(nameof(recv));
        }
    }

    /// <summary>The next message that answers our request.</summary>
    private static bool TryTakeMessage(ref ReadOnlySpan<byte> rest, uint sequence, out int type, out ReadOnlySpan<byte> body)
    {
        while (rest.Length >= HeaderSize)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(rest);
            if (length < HeaderSize || length > rest.Length)
            {
                break;
            }

            ReadOnlySpan<byte> message = rest[..length];
            rest = rest[Math.Min((length + 3) & ~3, rest.Length)..];
            if (BinaryPrimitives.ReadUInt32LittleEndian(message[8..]) == sequence)
            {
                type = BinaryPrimitives.ReadUInt16LittleEndian(message[4..]);
                body = message[HeaderSize..];
                return true;
            }
        }

        type = 0;
        body = default;
        return false;
    }

    private delegate void MessageReader(ReadOnlySpan<byte> message);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(SafeFileHandle fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(SafeFileHandle fd, byte* buffer, nuint length, int flags);
}
