// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Xen.Abi;

/// <summary><c>NETTXF_*</c>, io/netif.h.</summary>
[Flags]
public enum NetifTxFlags : ushort
{
    None = 0,

    /// <summary><c>NETTXF_csum_blank</c>: the checksum holds the pseudo header's sum only.</summary>
    ChecksumBlank = 1,

    /// <summary><c>NETTXF_data_validated</c></summary>
    DataValidated = 2,

    /// <summary><c>NETTXF_more_data</c>: the packet goes on in the next request.</summary>
    MoreData = 4,

    /// <summary><c>NETTXF_extra_info</c>: a <see cref="NetifExtraInfo"/> follows.</summary>
    ExtraInfo = 8,
}

/// <summary><c>NETRXF_*</c>, io/netif.h: the same meanings, other numbers.</summary>
[Flags]
public enum NetifRxFlags : ushort
{
    None = 0,

    /// <summary><c>NETRXF_data_validated</c></summary>
    DataValidated = 1,

    /// <summary><c>NETRXF_csum_blank</c></summary>
    ChecksumBlank = 2,

    /// <summary><c>NETRXF_more_data</c></summary>
    MoreData = 4,

    /// <summary><c>NETRXF_extra_info</c></summary>
    ExtraInfo = 8,
}

/// <summary><c>XEN_NETIF_EXTRA_TYPE_*</c>, io/netif.h.</summary>
public enum NetifExtraType : byte
{
    /// <summary><c>XEN_NETIF_EXTRA_TYPE_NONE</c>: never valid.</summary>
    None = 0,

    /// <summary><c>XEN_NETIF_EXTRA_TYPE_GSO</c></summary>
    Gso = 1,

    /// <summary><c>XEN_NETIF_EXTRA_TYPE_MCAST_ADD</c></summary>
    MulticastAdd = 2,

    /// <summary><c>XEN_NETIF_EXTRA_TYPE_MCAST_DEL</c></summary>
    MulticastDelete = 3,
}

/// <summary><c>XEN_NETIF_GSO_TYPE_*</c>, io/netif.h.</summary>
public enum NetifGsoType : byte
{
    /// <summary><c>XEN_NETIF_GSO_TYPE_NONE</c></summary>
    None = 0,

    /// <summary><c>XEN_NETIF_GSO_TYPE_TCPV4</c></summary>
    TcpV4 = 1,

    /// <summary><c>XEN_NETIF_GSO_TYPE_TCPV6</c></summary>
    TcpV6 = 2,
}

/// <summary><c>struct netif_tx_request</c>, io/netif.h: one piece of a packet the guest sends. The first one's size is the whole packet's.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct NetifTxRequest
{
    /// <summary><c>gref</c></summary>
    public GrantRef Grant;

    /// <summary><c>offset</c></summary>
    public ushort Offset;

    /// <summary><c>flags</c></summary>
    public NetifTxFlags Flags;

    /// <summary><c>id</c></summary>
    public ushort Id;

    /// <summary><c>size</c></summary>
    public ushort Size;
}

/// <summary><c>struct netif_tx_response</c>, io/netif.h.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct NetifTxResponse
{
    /// <summary><c>id</c></summary>
    public ushort Id;

    /// <summary><c>status</c>: a <see cref="NetifStatus"/>.</summary>
    public short Status;
}

/// <summary><c>NETIF_RSP_*</c>, io/netif.h.</summary>
public static class NetifStatus
{
    /// <summary><c>NETIF_RSP_DROPPED</c></summary>
    public const short Dropped = -2;

    /// <summary><c>NETIF_RSP_ERROR</c></summary>
    public const short Error = -1;

    /// <summary><c>NETIF_RSP_OKAY</c></summary>
    public const short Okay = 0;

    /// <summary><c>NETIF_RSP_NULL</c>: answers an extra's slot, which has no id.</summary>
    public const short Null = 1;
}

/// <summary><c>struct netif_rx_request</c>, io/netif.h: an empty page of the guest's.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct NetifRxRequest
{
    /// <summary><c>id</c></summary>
    public ushort Id;

    /// <summary><c>pad</c></summary>
    public ushort Padding;

    /// <summary><c>gref</c></summary>
    public GrantRef Grant;
}

/// <summary><c>struct netif_rx_response</c>, io/netif.h.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct NetifRxResponse
{
    /// <summary><c>id</c></summary>
    public ushort Id;

    /// <summary><c>offset</c></summary>
    public ushort Offset;

    /// <summary><c>flags</c></summary>
    public NetifRxFlags Flags;

    /// <summary><c>status</c>: bytes, or a negative <see cref="NetifStatus"/>.</summary>
    public short Status;
}

/// <summary><c>struct netif_extra_info</c>, io/netif.h; lies in a request's or a response's slot.</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
public struct NetifExtraInfo
{
    /// <summary><c>XEN_NETIF_EXTRA_FLAG_MORE</c></summary>
    public const byte More = 1;

    /// <summary><c>type</c></summary>
    [FieldOffset(0)]
    public NetifExtraType Type;

    /// <summary><c>flags</c></summary>
    [FieldOffset(1)]
    public byte Flags;

    /// <summary><c>u.gso.size</c></summary>
    [FieldOffset(2)]
    public ushort GsoSize;

    /// <summary><c>u.gso.type</c></summary>
    [FieldOffset(4)]
    public NetifGsoType GsoType;

    /// <summary><c>u.gso.features</c></summary>
    [FieldOffset(6)]
    public ushort GsoFeatures;

    /// <summary><c>u.mcast.addr</c>, its first four bytes.</summary>
    [FieldOffset(2)]
    public uint MulticastHigh;

    /// <summary><c>u.mcast.addr</c>, its last two bytes.</summary>
    [FieldOffset(6)]
    public ushort MulticastLow;
}

/// <summary>Other numbers of io/netif.h and of the drivers that follow it.</summary>
public static class NetifLimits
{
    /// <summary><c>XEN_NETIF_NR_SLOTS_MIN</c>: pieces of a packet that a back end must take.</summary>
    public const int Slots = 18;

    /// <summary>More pieces than any driver has ever sent: a front end that does is broken.</summary>
    public const int FatalSlots = 20;

    /// <summary>Multicast addresses a front end may ask for, as in Linux's netback.</summary>
    public const int Multicasts = 64;
}
