// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Mmu;
using Domovoi.Cpu.State;
using Iced.Intel;

namespace Domovoi.Cpu.Run;

/// <summary>On AMD's processors the offset in FS or GS must be canonical itself, not only the sum of it and the base.</summary>
/// <remarks>
/// Manuals speak of the sum only (SDM 1 §3.3.7.1, AMD64 APM 2 §4.5.3). Seen on Zen 5: <c>mov rax, gs:[rdi]</c> with a base of 0x1000 and
/// an offset of 0xFFFF7FFF_FFFFF000 raises #GP, though the sum is 0xFFFF8000_00000000. It is looked at where an access faults, so that
/// others pay nothing; what is mapped there can be reached, which takes a base in the upper half and an offset of over 2^47.
/// </remarks>
internal static unsafe class SegmentOffset
{
    /// <summary>Whether an instruction's memory operand, at a linear address, has an offset without meaning.</summary>
    /// <param name="state">The registers before the instruction, or between two turns of a repeated one.</param>
    /// <param name="instruction">What accesses memory.</param>
    /// <param name="linear">Where it does.</param>
    internal static bool HasNoMeaning(CpuState* state, in Instruction instruction, ulong linear)
    {
        if (!HostProcessor.IsAmd || !state->LongMode || instruction.MemorySegment is not (Register.FS or Register.GS))
        {
            return false;
        }

        ulong offset = linear - (instruction.MemorySegment == Register.FS ? state->FsBase : state->GsBase);
        if (instruction.IsStringInstruction)
        {
            offset = HasSource(instruction) ? state->Rsi : 0;
        }

        return !PageWalker.IsCanonical(offset);
    }

    /// <summary>Whether no base can have led to an address in such a way; else the instruction must be looked at.</summary>
    internal static bool IsOutOfQuestion(CpuState* state, ulong linear) =>
        !HostProcessor.IsAmd || (PageWalker.IsCanonical(linear - state->FsBase) && PageWalker.IsCanonical(linear - state->GsBase));

    /// <summary>String instructions have a segment for what RSI points to; what RDI points to is in ES.</summary>
    private static bool HasSource(in Instruction instruction) =>
        instruction.Op0Kind == OpKind.MemorySegRSI || instruction.Op1Kind == OpKind.MemorySegRSI;
}
