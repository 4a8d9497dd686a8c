// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Xen.Abi;

/// <summary>Sub-operations of <c>__HYPERVISOR_event_channel_op</c>, event_channel.h.</summary>
public enum EventChannelCommand : uint
{
    /// <summary><c>EVTCHNOP_bind_interdomain</c></summary>
    BindInterdomain = 0,

    /// <summary><c>EVTCHNOP_bind_virq</c></summary>
    BindVirq = 1,

    /// <summary><c>EVTCHNOP_bind_pirq</c></summary>
    BindPirq = 2,

    /// <summary><c>EVTCHNOP_close</c></summary>
    Close = 3,

    /// <summary><c>EVTCHNOP_send</c></summary>
    Send = 4,

    /// <summary><c>EVTCHNOP_status</c></summary>
    Status = 5,

    /// <summary><c>EVTCHNOP_alloc_unbound</c></summary>
    AllocateUnbound = 6,

    /// <summary><c>EVTCHNOP_bind_ipi</c></summary>
    BindIpi = 7,

    /// <summary><c>EVTCHNOP_bind_vcpu</c></summary>
    BindVcpu = 8,

    /// <summary><c>EVTCHNOP_unmask</c></summary>
    Unmask = 9,

    /// <summary><c>EVTCHNOP_reset</c></summary>
    Reset = 10,

    /// <summary><c>EVTCHNOP_init_control</c></summary>
    InitControl = 11,

    /// <summary><c>EVTCHNOP_expand_array</c></summary>
    ExpandArray = 12,

    /// <summary><c>EVTCHNOP_set_priority</c></summary>
    SetPriority = 13,

    /// <summary><c>EVTCHNOP_reset_cont</c></summary>
    ResetContinue = 14,
}

/// <summary><c>EVTCHNSTAT_*</c>, event_channel.h.</summary>
public enum EventChannelStatus : uint
{
    Closed = 0,
    Unbound = 1,
    Interdomain = 2,
    PhysicalIrq = 3,
    VirtualIrq = 4,
    InterprocessorInterrupt = 5,
}

/// <summary><c>struct evtchn_alloc_unbound</c>. <c>EVTCHNOP_alloc_unbound</c></summary>
[StructLayout(LayoutKind.Sequential)]
public struct EvtchnAllocUnbound
{
    public DomainId Domain;
    public DomainId RemoteDomain;

    /// <summary>Out.</summary>
    public EventPort Port;
}

/// <summary><c>struct evtchn_bind_interdomain</c>. <c>EVTCHNOP_bind_interdomain</c></summary>
[StructLayout(LayoutKind.Sequential)]
public struct EvtchnBindInterdomain
{
    public DomainId RemoteDomain;
    public EventPort RemotePort;

    /// <summary>Out.</summary>
    public EventPort LocalPort;
}

/// <summary><c>struct evtchn_bind_virq</c>. <c>EVTCHNOP_bind_virq</c></summary>
[StructLayout(LayoutKind.Sequential)]
public struct EvtchnBindVirq
{
    public Virq Interrupt;
    public uint Vcpu;

    /// <summary>Out.</summary>
    public EventPort Port;
}

/// <summary><c>struct evtchn_bind_ipi</c>. <c>EVTCHNOP_bind_ipi</c></summary>
[StructLayout(LayoutKind.Sequential)]
public struct EvtchnBindIpi
{
    public uint Vcpu;

    /// <summary>Out.</summary>
    public EventPort Port;
}

/// <summary><c>struct evtchn_bind_vcpu</c>. <c>EVTCHNOP_bind_vcpu</c></summary>
[StructLayout(LayoutKind.Sequential)]
public struct EvtchnBindVcpu
{
    public EventPort Port;
    public uint Vcpu;
}

/// <summary><c>struct evtchn_status</c>. <c>EVTCHNOP_status</c></summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
public struct EvtchnStatus
{
    [FieldOffset(0)] public DomainId Domain;
    [FieldOffset(4)] public EventPort Port;

    /// <summary>Out.</summary>
    [FieldOffset(8)] public EventChannelStatus Status;

    /// <summary>Out.</summary>
    [FieldOffset(12)] public uint Vcpu;

    /// <summary>Out: unbound, interdomain.</summary>
    [FieldOffset(16)] public DomainId RemoteDomain;

    /// <summary>Out: interdomain.</summary>
    [FieldOffset(20)] public EventPort RemotePort;

    /// <summary>Out: virtual or physical interrupt.</summary>
    [FieldOffset(16)] public uint Interrupt;
}

/// <summary><c>struct evtchn_init_control</c>. <c>EVTCHNOP_init_control</c></summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
public struct EvtchnInitControl
{
    [FieldOffset(0)] public ulong ControlFrame;
    [FieldOffset(8)] public uint Offset;
    [FieldOffset(12)] public uint Vcpu;

    /// <summary>Out.</summary>
    [FieldOffset(16)] public byte LinkBits;
}

/// <summary><c>struct evtchn_set_priority</c>. <c>EVTCHNOP_set_priority</c></summary>
[StructLayout(LayoutKind.Sequential)]
public struct EvtchnSetPriority
{
    public EventPort Port;
    public uint Priority;
}

/// <summary>Numbers of the two event-channel layouts, event_channel.h.</summary>
public static class EventChannelLimits
{
    /// <summary><c>EVTCHN_2L_NR_CHANNELS</c></summary>
    public const uint TwoLevelPorts = 4096;

    /// <summary><c>EVTCHN_FIFO_NR_CHANNELS</c></summary>
    public const uint FifoPorts = 1 << FifoLinkBits;

    /// <summary><c>EVTCHN_FIFO_LINK_BITS</c></summary>
    public const int FifoLinkBits = 17;

    /// <summary><c>EVTCHN_FIFO_MAX_QUEUES</c></summary>
    public const int FifoQueues = 16;

    /// <summary><c>EVTCHN_FIFO_PRIORITY_DEFAULT</c></summary>
    public const byte FifoDefaultPriority = 7;

    /// <summary><c>EVTCHN_FIFO_PRIORITY_MIN</c></summary>
    public const byte FifoLowestPriority = 15;

    /// <summary><c>sizeof(struct evtchn_fifo_control_block)</c>: ready, reserved, heads.</summary>
    public const uint FifoControlBlockSize = 72;

    /// <summary><c>EVTCHN_FIFO_PENDING</c></summary>
    public const uint FifoPending = 1u << 31;

    /// <summary><c>EVTCHN_FIFO_MASKED</c></summary>
    public const uint FifoMasked = 1u << 30;

    /// <summary><c>EVTCHN_FIFO_LINKED</c></summary>
    public const uint FifoLinked = 1u << 29;

    /// <summary><c>EVTCHN_FIFO_BUSY</c></summary>
    public const uint FifoBusy = 1u << 28;

    /// <summary><c>EVTCHN_FIFO_LINK_MASK</c></summary>
    public const uint FifoLinkMask = (1u << FifoLinkBits) - 1;
}
