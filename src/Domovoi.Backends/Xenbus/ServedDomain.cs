// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Events;
using Domovoi.Hypervisor.Grants;
using Domovoi.Hypervisor.Timers;
using Domovoi.Memory;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore;

namespace Domovoi.Backends.Xenbus;

/// <summary>One boot of a domain as back ends see it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Memory">Its memory.</param>
/// <param name="Grants">The frames it lets us use.</param>
/// <param name="Events">Its event channels.</param>
/// <param name="Store">The store it and we meet in.</param>
/// <param name="Log">Takes one line for the domain's log.</param>
/// <param name="IdleVcpu">Where a vCPU with nothing to do takes what arrives from the host; null when none does.</param>
public sealed record ServedDomain(
    DomainId Id, GuestMemory Memory, GrantTable Grants, EventChannelTable Events, XenstoreServer Store, Action<string> Log,
    IArrivalWatch? IdleVcpu = null);
