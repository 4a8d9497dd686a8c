// SPDX-License-Identifier: MIT
using Domovoi.Memory;

namespace Domovoi.Hypervisor.Events;

/// <summary>A vCPU as events see it. Members are called from any thread.</summary>
public interface IEventTarget
{
    /// <summary>The vCPU's number.</summary>
    int Id { get; }

    /// <summary>Where <c>struct vcpu_info</c> lies: in shared_info, or where <c>VCPUOP_register_vcpu_info</c> put it.</summary>
    PhysicalAddress InfoAddress { get; }

    /// <summary><c>SCHEDOP_poll</c>: while set, each event of the domain kicks the vCPU, masked or not.</summary>
    /// <remarks>Set it, then look at the ports, and only then sleep.</remarks>
    bool IsPolling { get; }

    /// <summary>Sets <c>evtchn_upcall_pending</c>, and kicks the vCPU if it was clear.</summary>
    void NotifyEvent();

    /// <summary>Wakes the vCPU or makes it leave the guest.</summary>
    void Kick();
}
