// SPDX-License-Identifier: MIT
using Domovoi.Cpu.State;
using Domovoi.Cpu.Translate;
using Iced.Intel;

namespace Domovoi.Cpu.Run.Slow;

/// <summary>General-purpose registers of any size in the state block.</summary>
internal static unsafe class GuestRegisters
{
    /// <summary>Reads a register, zero-extended.</summary>
    internal static ulong Read(CpuState* state, Register register)
    {
        ulong full = ((ulong*)state)[RegisterMap.NumberOf(register)];
        return RegisterMap.IsHighByte(register) ? (full >> 8) & 0xFF : full & Mask(register.GetSize());
    }

    /// <summary>Writes a register; 32-bit writes clear the upper half, smaller ones keep the rest.</summary>
    internal static void Write(CpuState* state, Register register, ulong value)
    {
        ref ulong full = ref ((ulong*)state)[RegisterMap.NumberOf(register)];
        if (RegisterMap.IsHighByte(register))
        {
            full = (full & ~0xFF00UL) | ((value & 0xFF) << 8);
            return;
        }

        int size = register.GetSize();
        full = size >= 4 ? value & Mask(size) : (full & ~Mask(size)) | (value & Mask(size));
    }

    /// <summary>The offset part of a memory operand, wrapped to the address size, and its segment's base added.</summary>
    internal static ulong LinearAddress(CpuState* state, in Instruction instruction)
    {
        ulong offset = instruction.MemoryDisplacement64;
        int size = state->LongMode ? 8 : 4;
        Register baseRegister = instruction.MemoryBase;
        if (baseRegister.IsGPR())
        {
            offset += Read(state, baseRegister);
            size = baseRegister.GetSize();
        }
        else if (baseRegister == Register.EIP)
        {
            size = 4;
        }

        if (instruction.MemoryIndex.IsGPR())
        {
            offset += Read(state, instruction.MemoryIndex) * (ulong)instruction.MemoryIndexScale;
            size = instruction.MemoryIndex.GetSize() == 1 ? size : instruction.MemoryIndex.GetSize();
        }
        else if (baseRegister == Register.None && instruction.MemoryDisplSize is 2 or 4)
        {
            size = instruction.MemoryDisplSize;
        }

        return AddSegment(state, instruction.MemorySegment, offset & Mask(size));
    }

    /// <summary>Adds a segment's base, as far as it counts in the current mode.</summary>
    internal static ulong AddSegment(CpuState* state, Register segment, ulong offset)
    {
        ulong linear = offset + segment switch
        {
            Register.FS => state->FsBase,
            Register.GS => state->GsBase,
            _ when state->LongMode => 0,
            Register.ES => state->EsBase,
            Register.CS => state->CsBase,
            Register.SS => state->SsBase,
            _ => state->DsBase,
        };
        return state->LongMode ? linear : (uint)linear;
    }

    internal static ulong Mask(int size) => size >= 8 ? ulong.MaxValue : (1UL << (size * 8)) - 1;
}
