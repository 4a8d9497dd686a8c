// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Launch;

/// <summary>Processors of the host for one vCPU, by number.</summary>
/// <param name="Hard">Those it may run on; null for all that the domain's process may.</param>
/// <param name="Soft">Those it would rather run on, which Linux has no word for: kept and shown; null for all.</param>
public sealed record VcpuAffinity(IReadOnlyList<int>? Hard = null, IReadOnlyList<int>? Soft = null);
