// SPDX-License-Identifier: MIT
using Domovoi.Cpu;
using Domovoi.Cpu.Run;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.DomainHost.Machines;

/// <summary>The counters of all vCPUs of a domain, added up and named for <c>dom info</c> and <c>dom top</c>.</summary>
internal static class CounterTotals
{
    internal static Dictionary<string, long> Of(IReadOnlyList<Vcpu> vcpus, IReadOnlyList<TranslationCache> translations)
    {
        Dictionary<string, long> totals = [];
        foreach (Vcpu vcpu in vcpus)
        {
            AddProcessor(vcpu.Cpu.Counters);
            AddExits(vcpu.Counters);
        }

        foreach (TranslationCache translation in translations)
        {
            Add("cpu.translated-blocks", translation.BlocksTranslated);
            Add("cpu.copied-blocks", translation.BlocksCopied);
            Add("cpu.loaded-blocks", translation.BlocksLoaded);
            Add("cpu.translated-instructions", translation.InstructionsTranslated);
            Add("cpu.translation-ns", (long)translation.TimeTranslating.TotalNanoseconds);
            Add("cpu.code-bytes", (long)translation.BytesUsed);
        }

        return totals;

        void AddProcessor(CpuCounters counters)
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

        void AddExits(VcpuCounters counters)
        {
            foreach ((ExitReason reason, long count) in counters.Exits)
            {
                Add($"exits.{NameOf(reason)}", count);
            }

            Add("hypercalls", 0);
            foreach ((HypercallNumber number, long count) in counters.Hypercalls)
            {
                Add("hypercalls", count);
                Add($"hypercalls.{number}", count);
            }
        }

        void Add(string name, long value) => totals[name] = totals.GetValueOrDefault(name) + value;
    }

    private static string NameOf(ExitReason reason) => reason switch
    {
        ExitReason.Interrupted => "interrupted",
        ExitReason.Syscall => "syscall",
        ExitReason.Sysenter => "sysenter",
        ExitReason.Exception => "exception",
        ExitReason.SoftwareInterrupt => "software-interrupt",
        _ => "privileged",
    };
}
