// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Events;

/// <summary>What <c>EVTCHNOP_status</c> says of a port.</summary>
internal static class EventChannelReport
{
    public static void Fill(EventChannel channel, ref EvtchnStatus status)
    {
        status.Vcpu = (uint)channel.NotifyVcpu;
        switch (channel.State)
        {
            case EventChannelState.Unbound:
                status.Status = EventChannelStatus.Unbound;
                status.RemoteDomain = channel.RemoteDomain;
                break;
            case EventChannelState.Interdomain:
                status.Status = EventChannelStatus.Interdomain;
                status.RemoteDomain = channel.RemoteDomain;
                status.RemotePort = channel.Peer?.Port ?? default;
                break;
            case EventChannelState.Virq:
                status.Status = EventChannelStatus.VirtualIrq;
                status.Interrupt = (uint)channel.Interrupt;
                break;
            case EventChannelState.Ipi:
                status.Status = EventChannelStatus.InterprocessorInterrupt;
                break;
            default:
                status.Status = EventChannelStatus.Closed;
                break;
        }
    }
}
