// SPDX-License-Identifier: MIT
using Iced.Intel;

namespace Domovoi.Cpu.Decode;

/// <summary>What the translator must know about an instruction form besides its operands. One value per Iced <see cref="Code"/>.</summary>
internal readonly struct CodeFacts
{
    private CodeFacts(OpCodeInfo opCode, byte written, bool memoryRead, bool memoryWritten, int modRmOperand, int modRmSize)
    {
        Written = written;
        MemoryRead = memoryRead;
        MemoryWritten = memoryWritten;
        ModRmOperand = (sbyte)modRmOperand;
        ModRmSize = (byte)modRmSize;
        IsKnown = true;
        IsWideVector = IsVectorExtension(opCode);
        WritesOperandsOnly = HasNoHiddenOutput(opCode);
    }

    internal bool IsKnown { get; }

    /// <summary>Bit n: operand n is written, perhaps conditionally.</summary>
    internal byte Written { get; }

    internal bool MemoryRead { get; }

    internal bool MemoryWritten { get; }

    internal bool HasMemoryAccess => MemoryRead || MemoryWritten;

    /// <summary>The operand that may be a register or memory, or -1.</summary>
    internal sbyte ModRmOperand { get; }

    /// <summary>Bytes of that operand when it is memory.</summary>
    internal byte ModRmSize { get; }

    /// <summary>Uses x87, MMX or vector registers, so CR0.TS matters.</summary>
    internal bool IsWideVector { get; }

    /// <summary>Of general-purpose registers it writes no other than its operands. False when not known.</summary>
    internal bool WritesOperandsOnly { get; }

    internal bool Writes(int operand) => (Written & (1 << operand)) != 0;

    internal static CodeFacts Of(in Instruction instruction, InstructionInfoFactory factory)
    {
        OpCodeInfo opCode = instruction.Code.ToOpCode();
        InstructionInfo information = factory.GetInfo(WithMemory(instruction, opCode), InstructionInfoOptions.None);
        byte written = 0;
        bool memoryRead = false;
        bool memoryWritten = false;
        int modRm = -1;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            OpAccess access = information.GetOpAccess(i);
            bool writes = access is OpAccess.Write or OpAccess.CondWrite or OpAccess.ReadWrite or OpAccess.ReadCondWrite;
            bool reads = access is OpAccess.Read or OpAccess.CondRead or OpAccess.ReadWrite or OpAccess.ReadCondWrite;
            written |= (byte)(writes ? 1 << i : 0);
            if (IsRegisterOrMemory(opCode.GetOpKind(i)))
            {
                modRm = i;
            }

            if (IsMemory(opCode.GetOpKind(i)) || IsRegisterOrMemory(opCode.GetOpKind(i)))
            {
                memoryRead |= reads;
                memoryWritten |= writes;
            }
        }

        return new CodeFacts(opCode, written, memoryRead, memoryWritten, modRm, opCode.MemorySize.GetSize());
    }

    /// <summary>
    /// The instruction with its register-or-memory operand in memory: what holds for the form, where SUB r, r of one register twice reads nothing.
    /// </summary>
    private static Instruction WithMemory(Instruction instruction, OpCodeInfo opCode)
    {
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (IsRegisterOrMemory(opCode.GetOpKind(i)) && instruction.GetOpKind(i) == OpKind.Register)
            {
                instruction.SetOpKind(i, OpKind.Memory);
                instruction.MemoryBase = Register.RAX;
            }
        }

        return instruction;
    }

    private static bool HasNoHiddenOutput(OpCodeInfo opCode) => opCode.Mnemonic is
        Mnemonic.Mov or Mnemonic.Movzx or Mnemonic.Movsx or Mnemonic.Movsxd or Mnemonic.Lea or Mnemonic.Add or Mnemonic.Sub
        or Mnemonic.Adc or Mnemonic.Sbb or Mnemonic.And or Mnemonic.Or or Mnemonic.Xor or Mnemonic.Cmp or Mnemonic.Test
        or Mnemonic.Inc or Mnemonic.Dec or Mnemonic.Not or Mnemonic.Neg or Mnemonic.Shl or Mnemonic.Shr or Mnemonic.Sar
        or Mnemonic.Je or Mnemonic.Jne or Mnemonic.Jmp or Mnemonic.Nop;

    private static bool IsVectorExtension(OpCodeInfo opCode)
    {
        foreach (CpuidFeature feature in opCode.Code.CpuidFeatures())
        {
            switch (feature)
            {
                case CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387 or CpuidFeature.MMX or CpuidFeature.SSE
                    or CpuidFeature.SSE2 or CpuidFeature.SSE3 or CpuidFeature.SSSE3 or CpuidFeature.SSE4_1
                    or CpuidFeature.SSE4_2 or CpuidFeature.SSE4A or CpuidFeature.AVX or CpuidFeature.AVX2
                    or CpuidFeature.FMA or CpuidFeature.F16C or CpuidFeature.AES or CpuidFeature.PCLMULQDQ
                    or CpuidFeature.SHA or CpuidFeature.GFNI or CpuidFeature.VAES or CpuidFeature.VPCLMULQDQ
                    or CpuidFeature.XSAVE or CpuidFeature.XSAVEOPT or CpuidFeature.XSAVEC or CpuidFeature.XSAVES or CpuidFeature.FXSR:
                    return UsesVectorState(opCode);
                default:
                    continue;
            }
        }

        return false;
    }

    private static bool UsesVectorState(OpCodeInfo opCode) => opCode.Mnemonic is not (
        Mnemonic.Lfence or Mnemonic.Mfence or Mnemonic.Sfence or Mnemonic.Pause or Mnemonic.Movnti or Mnemonic.Clflush
        or Mnemonic.Prefetchnta or Mnemonic.Prefetcht0 or Mnemonic.Prefetcht1 or Mnemonic.Prefetcht2
        or Mnemonic.Xgetbv or Mnemonic.Xsetbv or Mnemonic.Crc32 or Mnemonic.Popcnt);

    private static bool IsRegisterOrMemory(OpCodeOperandKind kind) => kind is
        OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r32_or_mem
        or OpCodeOperandKind.r32_or_mem_mpx or OpCodeOperandKind.r64_or_mem or OpCodeOperandKind.r64_or_mem_mpx
        or OpCodeOperandKind.mm_or_mem or OpCodeOperandKind.xmm_or_mem or OpCodeOperandKind.ymm_or_mem
        or OpCodeOperandKind.zmm_or_mem;

    private static bool IsMemory(OpCodeOperandKind kind) => kind is
        OpCodeOperandKind.mem or OpCodeOperandKind.mem_offs or OpCodeOperandKind.mem_mpx or OpCodeOperandKind.mem_mib
        or OpCodeOperandKind.mem_vsib32x or OpCodeOperandKind.mem_vsib32y or OpCodeOperandKind.mem_vsib64x
        or OpCodeOperandKind.mem_vsib64y;
}
