// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Domains;

/// <summary>How a domain ended.</summary>
/// <param name="Reason">What the guest gave to <c>SCHEDOP_shutdown</c>, or <see cref="ShutdownReason.Crash"/>.</param>
/// <param name="Report">For a crash that the hypervisor found: the whole report.</param>
/// <param name="Destroyed">Stopped from outside.</param>
public sealed record DomainEnd(ShutdownReason Reason, string? Report = null, bool Destroyed = false);
