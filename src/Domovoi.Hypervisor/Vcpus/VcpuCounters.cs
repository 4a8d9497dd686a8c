// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Run;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Vcpus;

/// <summary>How often a vCPU left the engine, by reason, and which hypercalls it made. Written by its thread, read by any.</summary>
public sealed class VcpuCounters
{
    private const int MostHypercalls = 64;

    private readonly long[] _exits = new long[Enum.GetValues<ExitReason>().Length];
    private readonly long[] _hypercalls = new long[MostHypercalls];

    /// <summary>Each reason.</summary>
    public IEnumerable<(ExitReason Reason, long Count)> Exits => Enum.GetValues<ExitReason>().Select(reason => (reason, _exits[(int)reason]));

    /// <summary>Hypercalls that were made at least once, those inside multicalls included; numbers that no table has are one.</summary>
    public IEnumerable<(HypercallNumber Number, long Count)> Hypercalls =>
        _hypercalls.Select(static (count, number) => ((HypercallNumber)number, count)).Where(static call => call.count > 0);

    internal void Count(ExitReason reason) => _exits[(int)reason]++;

    internal void CountHypercall(ulong number) => _hypercalls[(int)Math.Min(number, MostHypercalls - 1)]++;
}
