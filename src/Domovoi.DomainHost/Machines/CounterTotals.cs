// SPDX-License-Identifier: MIT
using Domovoi.Cpu;

namespace Domovoi.DomainHost.Machines;

/// <summary>The counters of all processors of a domain, added up and named for <c>dom info</c>.</summary>
internal static class CounterTotals
{
    internal static Dictionary<string, long> Of(IEnumerable<CpuCounters> processors)
    {
        Dictionary<string, long> totals = [];
        foreach (CpuCounters counters in processors)
        {
            Add("cpu.slow-accesses", counters.SlowAccesses);
            Add("cpu.crossing-accesses", counters.CrossingAccesses);
            Add("cpu.code-stores", counters.CodeStores);
            Add("cpu.slow-instructions", counters.SlowInstructions);
            Add("cpu.jump-misses", counters.JumpMisses);
            Add("cpu.links", counters.Links);
            Add("cpu.dispatches", counters.Dispatches);
            Add("cpu.flushes", counters.Flushes);
        }

        return totals;

        void Add(string name, long value) => totals[name] = totals.GetValueOrDefault(name) + value;
    }
}
