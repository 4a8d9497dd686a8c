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
}
