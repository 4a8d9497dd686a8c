// SPDX-License-Identifier: MIT
namespace Domovoi.Toolstack.Host;

/// <summary>Something that this machine can do for guests, or cannot.</summary>
/// <param name="Name">Stable: kvm, tun, bridges, user-namespaces, memory, cgroups, tools.</param>
/// <param name="Works">Whether it can be used by this user.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Purpose">What it is good for, and what is done without it.</param>
/// <param name="Remedy">What to do; null if nothing needs to be done, or can be.</param>
public sealed record HostAbility(string Name, bool Works, string Detail, string Purpose, string? Remedy = null);
