// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Domains;

/// <summary>Where a domain stands in its life.</summary>
public enum DomainState
{
    /// <summary>Built, never started.</summary>
    Created,
    Running,
    Paused,

    /// <summary>The guest said <c>SCHEDOP_shutdown</c>, or crashed; see <see cref="Domain.Completion"/>.</summary>
    Ended,
}
