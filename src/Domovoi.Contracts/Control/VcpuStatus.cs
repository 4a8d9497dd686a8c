// SPDX-License-Identifier: MIT
using Domovoi.Contracts.Registry;

namespace Domovoi.Contracts.Control;

/// <summary>One vCPU of a living domain.</summary>
public sealed record VcpuStatus(int Id, DomainState State, long CpuTimeNanoseconds);
