// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Events;

/// <summary>What a port is bound to (<c>ECS_*</c> in Xen).</summary>
internal enum EventChannelState
{
    Free,
    Unbound,
    Interdomain,
    Virq,
    Ipi,
}
