// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu;

/// <summary>What happened how often inside a processor. Written by its thread, read by anyone.</summary>
public sealed class CpuCounters
{
    /// <summary>Memory accesses that left translated code: TLB misses, page crossings, stores to code pages.</summary>
    public long SlowAccesses { get; internal set; }

    /// <summary>Accesses that crossed a page boundary.</summary>
    public long CrossingAccesses { get; internal set; }

    /// <summary>Stores to frames that hold translated code.</summary>
    public long CodeStores { get; internal set; }

    /// <summary>Instructions carried out in C#.</summary>
    public long SlowInstructions { get; internal set; }

    /// <summary>Indirect branches that the jump cache did not know.</summary>
    public long JumpMisses { get; internal set; }

    /// <summary>Branches linked.</summary>
    public long Links { get; internal set; }

    /// <summary>Block look-ups from the run loop and from identity checks that failed.</summary>
    public long Dispatches { get; internal set; }

    /// <summary>Whole TLB flushes.</summary>
    public long Flushes { get; internal set; }
}
