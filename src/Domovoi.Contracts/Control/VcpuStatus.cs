// SPDX-License-Identifier: MIT
using Domovoi.Contracts.Launch;
using Domovoi.Contracts.Registry;

namespace Domovoi.Contracts.Control;

/// <summary>One vCPU of a living domain.</summary>
/// <param name="Id">From 0.</param>
/// <param name="State">Running, Blocked, or Paused for one that is neither.</param>
/// <param name="CpuTimeNanoseconds">Time it has run.</param>
/// <param name="IsOnline">Brought up by the guest.</param>
/// <param name="Thread">The host's thread that runs it; 0 before it has one.</param>
/// <param name="Processor">The host's processor that ran it last; null before it has run.</param>
/// <param name="Affinity">As the host has it now.</param>
public sealed record VcpuStatus(
    int Id,
    DomainState State,
    long CpuTimeNanoseconds,
    bool IsOnline,
    int Thread,
    int? Processor,
    VcpuAffinity Affinity);
