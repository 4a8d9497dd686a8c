// SPDX-License-Identifier: MIT
using Domovoi.Contracts.Registry;

namespace Domovoi.Contracts.Control;

/// <summary>What a living domain says of itself.</summary>
/// <param name="Record">As in <c>domain.json</c>, but with the state of this instant.</param>
/// <param name="CpuTimeNanoseconds">Time the vCPUs have run.</param>
/// <param name="Vcpus">Each vCPU.</param>
/// <param name="UptimeNanoseconds">Since the domain's last boot.</param>
/// <param name="CurrentMemoryKiB">Memory the guest has now, after ballooning.</param>
/// <param name="ResidentKiB">Host memory of the process.</param>
/// <param name="Counters">Exits by reason, hypercalls by name, and other counts.</param>
public sealed record DomainStatus(
    DomainRecord Record,
    long CpuTimeNanoseconds,
    IReadOnlyList<VcpuStatus> Vcpus,
    long UptimeNanoseconds,
    ulong CurrentMemoryKiB,
    long ResidentKiB,
    IReadOnlyDictionary<string, long> Counters);
