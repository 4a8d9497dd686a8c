// SPDX-License-Identifier: MIT
using Domovoi.Contracts.Launch;

namespace Domovoi.Contracts.Control;

/// <summary>Changes where vCPUs run, until the domain's next boot.</summary>
/// <param name="Vcpu">Which one; null for all.</param>
/// <param name="Affinity">What is null in it stays as it is.</param>
public sealed record VcpuPinning(int? Vcpu, VcpuAffinity Affinity);
