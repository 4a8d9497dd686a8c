// SPDX-License-Identifier: MIT
using Domovoi.Contracts.Control;

namespace Domovoi.DomainHost.Machines;

/// <summary>What a running machine has used and done so far.</summary>
internal sealed record MachineMeasure(
    TimeSpan CpuTime, IReadOnlyList<VcpuStatus> Vcpus, ulong MemoryKiB, IReadOnlyDictionary<string, long> Counters);
