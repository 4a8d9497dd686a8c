// SPDX-License-Identifier: MIT
using Iced.Intel;

namespace Domovoi.Cpu.Translate;

/// <summary>Which memory operands belong to SS: a non-canonical address raises #SS there and #GP elsewhere.</summary>
internal static class StackSegment
{
    /// <summary>In 64-bit mode the prefixes of CS, DS, ES and SS do nothing (SDM 1 §3.4.2.1); the base register decides.</summary>
    internal static bool Holds(in Instruction instruction, bool is64Bit)
    {
        if (!is64Bit)
        {
            return instruction.MemorySegment == Register.SS;
        }

        return instruction.SegmentPrefix is not (Register.FS or Register.GS)
            && instruction.MemoryBase is Register.RSP or Register.ESP or Register.RBP or Register.EBP;
    }
}
