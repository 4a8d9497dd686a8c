// SPDX-License-Identifier: MIT
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Events;

/// <summary>The 2-level layout: 4096 pending and mask bits in shared_info, and a selector word per vCPU.</summary>
internal sealed class TwoLevelLayout(GuestMemory memory, PhysicalAddress sharedInfo) : IEventLayout
{
    public uint PortLimit => EventChannelLimits.TwoLevelPorts;

    public void SetPending(IEventTarget target, EventChannel channel)
    {
        ulong bit = Bit(channel);
        if ((Interlocked.Or(ref Word(SharedInfo.EventPending, channel), bit) & bit) == 0)
        {
            NotifyUnlessMasked(target, channel);
        }
    }

    public void ClearPending(EventChannel channel) =>
        Interlocked.And(ref Word(SharedInfo.EventPending, channel), ~Bit(channel));

    public void Unmask(IEventTarget target, EventChannel channel)
    {
        ulong bit = Bit(channel);
        if ((Interlocked.And(ref Word(SharedInfo.EventMask, channel), ~bit) & bit) != 0 && IsPending(channel))
        {
            NotifyUnlessMasked(target, channel);
        }
    }

    public bool IsPending(EventChannel channel) => IsSet(SharedInfo.EventPending, channel);

    public bool IsMasked(EventChannel channel) => IsSet(SharedInfo.EventMask, channel);

    public bool IsBusy(EventChannel channel) => false;

    private void NotifyUnlessMasked(IEventTarget target, EventChannel channel)
    {
        if (!IsMasked(channel) && TrySelect(target, (int)(channel.Port.Value / 64)))
        {
            target.NotifyEvent();
        }
    }

    /// <summary>Sets a bit of <c>evtchn_pending_sel</c>; false when it was set.</summary>
    private bool TrySelect(IEventTarget target, int word)
    {
        ulong bit = 1UL << word;
        return (Interlocked.Or(ref memory.Shared<ulong>(target.InfoAddress + VcpuInfo.PendingSelector), bit) & bit) == 0;
    }

    private bool IsSet(int table, EventChannel channel) =>
        (Volatile.Read(ref Word(table, channel)) & Bit(channel)) != 0;

    private static ulong Bit(EventChannel channel) => 1UL << (int)(channel.Port.Value % 64);

    private ref ulong Word(int table, EventChannel channel) =>
        ref memory.Shared<ulong>(sharedInfo + (ulong)table + (channel.Port.Value / 64 * 8));
}
