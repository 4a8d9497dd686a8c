// SPDX-License-Identifier: MIT
using Iced.Intel;

namespace Domovoi.Cpu.Decode;

/// <summary>A run of guest instructions, with the flags each of them must find intact.</summary>
internal sealed class DecodedBlock
{
    /// <summary>Most instructions of a block. Only code without branches has so many in a row: cryptography, transforms, unrolled loops.</summary>
    internal const int Capacity = 192;

    /// <summary>From here on a block ends at the next conditional branch.</summary>
    internal const int UsualLength = 64;

    internal Instruction[] Instructions { get; } = new Instruction[Capacity];

    /// <summary>Arithmetic flags that are needed before instruction n.</summary>
    internal RflagsBits[] LiveBefore { get; } = new RflagsBits[Capacity];

    internal int Count { get; set; }

    /// <summary>Instructions of the loop body that the block holds several times, one behind the other; 0 when it is no loop.</summary>
    internal int LoopLength { get; set; }

    /// <summary>Whether instruction n is a conditional branch that the block follows when it is taken: it leaves when it is not.</summary>
    internal bool FollowsTaken(int index) => LoopLength > 0 && (index + 1) % LoopLength == 0 && index + 1 < Count;

    internal ulong Rip { get; set; }

    /// <summary>The address behind the last instruction.</summary>
    internal ulong EndRip { get; set; }

    /// <summary>The one instruction of the block reaches into the next page.</summary>
    internal bool Spans { get; set; }
}
