// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Tests.Machines;

/// <summary>Ways to make a translator's rare paths common.</summary>
public enum Stress
{
    None,

    /// <summary>One instruction in each block.</summary>
    ShortBlocks,

    /// <summary>Room for few blocks: all code is dropped again and again.</summary>
    SmallBuffer,

    /// <summary>Another thread kicks all the time, and each kick flushes the TLB.</summary>
    Kicks,

    /// <summary>Every loop counts as hot from its first turn on.</summary>
    HotLoops,

    /// <summary>Cases run in kernel and user mode by turns.</summary>
    BothModes,

    /// <summary>A TLB of one entry: an access to any page but the last one is a miss, settled in C#.</summary>
    Tlb1,

    /// <summary>Every branch comes back to the run loop, which looks for requests each time; no branch is ever linked.</summary>
    PollAlways,

    /// <summary>Every poll leaves, and there code retires, or the TLB loses a page or all of them, at random.</summary>
    Retire,

    /// <summary>Every run takes its code from a store, where the first one left it.</summary>
    Stored,

    /// <summary>No TLB and no page walk in machine code: C# settles every access.</summary>
    SlowPaths,
}
