// SPDX-License-Identifier: MIT
using Iced.Intel;

namespace Domovoi.Cpu.Decode;

/// <summary>A run of guest instructions, with the flags each of them must find intact.</summary>
internal sealed class DecodedBlock
{
    internal const int Capacity = 64;

    internal Instruction[] Instructions { get; } = new Instruction[Capacity];

    /// <summary>Arithmetic flags that are needed before instruction n.</summary>
    internal RflagsBits[] LiveBefore { get; } = new RflagsBits[Capacity];

    internal int Count { get; set; }

    internal ulong Rip { get; set; }

    /// <summary>The address behind the last instruction.</summary>
    internal ulong EndRip { get; set; }

    /// <summary>The one instruction of the block reaches into the next page.</summary>
    internal bool Spans { get; set; }
}
