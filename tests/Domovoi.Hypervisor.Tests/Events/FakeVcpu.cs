// SPDX-License-Identifier: MIT
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Events;

/// <summary>A vCPU that only counts how often it is woken.</summary>
internal sealed class FakeVcpu(GuestMemory memory, int id, PhysicalAddress info) : IEventTarget
{
    private int _notified;

    public int Id => id;

    public PhysicalAddress InfoAddress => info;

    public bool IsPolling { get; set; }

    public int Kicks { get; private set; }

    public int Notified => _notified;

    public void NotifyEvent()
    {
        Interlocked.Increment(ref _notified);
        memory.Shared<byte>(info + VcpuInfo.UpcallPending) = 1;
    }

    public void Kick() => Kicks++;
}
