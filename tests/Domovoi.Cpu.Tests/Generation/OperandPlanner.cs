// SPDX-License-Identifier: MIT
using Iced.Intel;

namespace Domovoi.Cpu.Tests.Generation;

/// <summary>Fills the operands of an instruction form with registers and constants. Memory operands are left to the caller.</summary>
internal sealed class OperandPlanner(Random random, bool is64Bit)
{
    /// <summary>General registers that must not be written by explicit operands; bit n is register n.</summary>
    internal int Forbidden { get; set; }

    /// <summary>Memory operand of the last plan, or -1.</summary>
    internal int MemoryOperand { get; private set; } = -1;

    /// <summary>The label near branches go to.</summary>
    internal ulong BranchTarget { get; set; }

    internal bool TryPlan(ref Instruction instruction, bool preferRegister = false)
    {
        OpCodeInfo form = instruction.Code.ToOpCode();
        MemoryOperand = -1;
        for (int i = 0; i < form.OpCount; i++)
        {
            if (!TryOperand(ref instruction, i, form.GetOpKind(i), preferRegister))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryOperand(ref Instruction instruction, int operand, OpCodeOperandKind kind, bool preferRegister)
    {
        if (RegisterOf(kind, preferRegister) is { } register)
        {
            instruction.SetOpKind(operand, OpKind.Register);
            instruction.SetOpRegister(operand, register);
            return true;
        }

        switch (kind)
        {
            case OpCodeOperandKind.imm8 or OpCodeOperandKind.imm8_const_1 or OpCodeOperandKind.imm4_m2z:
                instruction.SetOpKind(operand, HasImmediate(instruction, operand) ? OpKind.Immediate8_2nd : OpKind.Immediate8);
                uint value = kind == OpCodeOperandKind.imm8_const_1 ? 1 : (uint)Values.Integer(random) & 0xFF;
                if (HasImmediate(instruction, operand))
                {
                    instruction.Immediate8_2nd = (byte)value;
                }
                else
                {
                    instruction.Immediate8 = (byte)value;
                }

                return true;
            case OpCodeOperandKind.imm8sex16:
                return Immediate(ref instruction, operand, OpKind.Immediate8to16, (ulong)(sbyte)Values.Integer(random));
            case OpCodeOperandKind.imm8sex32:
                return Immediate(ref instruction, operand, OpKind.Immediate8to32, (ulong)(sbyte)Values.Integer(random));
            case OpCodeOperandKind.imm8sex64:
                return Immediate(ref instruction, operand, OpKind.Immediate8to64, (ulong)(sbyte)Values.Integer(random));
            case OpCodeOperandKind.imm16:
                return Immediate(ref instruction, operand, OpKind.Immediate16, (ushort)Values.Integer(random));
            case OpCodeOperandKind.imm32:
                return Immediate(ref instruction, operand, OpKind.Immediate32, (uint)Values.Integer(random));
            case OpCodeOperandKind.imm32sex64:
                return Immediate(ref instruction, operand, OpKind.Immediate32to64, (ulong)(int)Values.Integer(random));
            case OpCodeOperandKind.imm64:
                return Immediate(ref instruction, operand, OpKind.Immediate64, Values.Integer(random));
            case OpCodeOperandKind.br64_1 or OpCodeOperandKind.br64_4:
                instruction.SetOpKind(operand, OpKind.NearBranch64);
                instruction.NearBranch64 = BranchTarget;
                return true;
            case OpCodeOperandKind.br32_1 or OpCodeOperandKind.br32_4:
                instruction.SetOpKind(operand, OpKind.NearBranch32);
                instruction.NearBranch32 = (uint)BranchTarget;
                return true;
            default:
                return TryMemory(ref instruction, operand, kind);
        }
    }

    private bool TryMemory(ref Instruction instruction, int operand, OpCodeOperandKind kind)
    {
        bool narrow = !is64Bit || random.Next(6) == 0;
        switch (kind)
        {
            case OpCodeOperandKind.seg_rSI:
                instruction.SetOpKind(operand, narrow ? OpKind.MemorySegESI : OpKind.MemorySegRSI);
                return Agree(instruction);
            case OpCodeOperandKind.seg_rDI:
                instruction.SetOpKind(operand, narrow ? OpKind.MemorySegEDI : OpKind.MemorySegRDI);
                return true;
            case OpCodeOperandKind.es_rDI:
                instruction.SetOpKind(operand, narrow ? OpKind.MemoryESEDI : OpKind.MemoryESRDI);
                return Agree(instruction);
            case OpCodeOperandKind.seg_rBX_al:
                instruction.SetOpKind(operand, OpKind.Memory);
                instruction.MemoryBase = narrow ? Register.EBX : Register.RBX;
                instruction.MemoryIndex = Register.AL;
                instruction.MemoryIndexScale = 1;
                return true;
            case OpCodeOperandKind.mem_vsib32x or OpCodeOperandKind.mem_vsib32y or OpCodeOperandKind.mem_vsib64x
                or OpCodeOperandKind.mem_vsib64y or OpCodeOperandKind.mem or OpCodeOperandKind.mem_offs or OpCodeOperandKind.r8_or_mem
                or OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.r64_or_mem
                or OpCodeOperandKind.mm_or_mem or OpCodeOperandKind.xmm_or_mem or OpCodeOperandKind.ymm_or_mem:
                instruction.SetOpKind(operand, OpKind.Memory);
                MemoryOperand = operand;
                return true;
            default:
                return false;
        }
    }

    /// <summary>A string instruction with two memory operands uses one address size for both.</summary>
    private static bool Agree(in Instruction instruction)
    {
        bool wide = false;
        bool narrow = false;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            wide |= instruction.GetOpKind(i) is OpKind.MemorySegRSI or OpKind.MemoryESRDI;
            narrow |= instruction.GetOpKind(i) is OpKind.MemorySegESI or OpKind.MemoryESEDI;
        }

        return wide != narrow;
    }

    private static bool Immediate(ref Instruction instruction, int operand, OpKind kind, ulong value)
    {
        instruction.SetOpKind(operand, kind);
        instruction.SetImmediate(operand, value);
        return true;
    }

    private static bool HasImmediate(in Instruction instruction, int before)
    {
        for (int i = 0; i < before; i++)
        {
            if (instruction.GetOpKind(i) is >= OpKind.Immediate8 and <= OpKind.Immediate32to64)
            {
                return true;
            }
        }

        return false;
    }

    private Register? RegisterOf(OpCodeOperandKind kind, bool preferRegister)
    {
        bool inMemory = !preferRegister && random.Next(3) > 0;
        int vectors = is64Bit ? 16 : 8;
        switch (kind)
        {
            case OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r32_or_mem
                or OpCodeOperandKind.r64_or_mem or OpCodeOperandKind.mm_or_mem or OpCodeOperandKind.xmm_or_mem
                or OpCodeOperandKind.ymm_or_mem when inMemory:
                return null;
            case OpCodeOperandKind.r8_reg or OpCodeOperandKind.r8_opcode or OpCodeOperandKind.r8_or_mem:
                return Byte();
            case OpCodeOperandKind.r16_reg or OpCodeOperandKind.r16_rm or OpCodeOperandKind.r16_opcode or OpCodeOperandKind.r16_or_mem:
                return Register.AX + General();
            case OpCodeOperandKind.r32_reg or OpCodeOperandKind.r32_rm or OpCodeOperandKind.r32_opcode or OpCodeOperandKind.r32_vvvv
                or OpCodeOperandKind.r32_or_mem:
                return Register.EAX + General();
            case OpCodeOperandKind.r64_reg or OpCodeOperandKind.r64_rm or OpCodeOperandKind.r64_opcode or OpCodeOperandKind.r64_vvvv
                or OpCodeOperandKind.r64_or_mem:
                return Register.RAX + General();
            case OpCodeOperandKind.seg_reg:
                // Not DS and ES: some kernels clear them whenever they schedule.
                return random.Next(4) switch { 0 => Register.CS, 1 => Register.SS, 2 => Register.FS, _ => Register.GS };
            case OpCodeOperandKind.mm_reg or OpCodeOperandKind.mm_rm or OpCodeOperandKind.mm_or_mem:
                return Register.MM0 + random.Next(8);
            case OpCodeOperandKind.xmm_reg or OpCodeOperandKind.xmm_rm or OpCodeOperandKind.xmm_vvvv or OpCodeOperandKind.xmm_is4
                or OpCodeOperandKind.xmm_or_mem:
                return Register.XMM0 + random.Next(vectors);
            case OpCodeOperandKind.ymm_reg or OpCodeOperandKind.ymm_rm or OpCodeOperandKind.ymm_vvvv or OpCodeOperandKind.ymm_is4
                or OpCodeOperandKind.ymm_or_mem:
                return Register.YMM0 + random.Next(vectors);
            case OpCodeOperandKind.sti_opcode:
                return Register.ST0 + random.Next(8);
            default:
                return Fixed(kind);
        }
    }

    private static Register? Fixed(OpCodeOperandKind kind) => kind switch
    {
        OpCodeOperandKind.es => Register.ES,
        OpCodeOperandKind.cs => Register.CS,
        OpCodeOperandKind.ss => Register.SS,
        OpCodeOperandKind.ds => Register.DS,
        OpCodeOperandKind.fs => Register.FS,
        OpCodeOperandKind.gs => Register.GS,
        OpCodeOperandKind.al => Register.AL,
        OpCodeOperandKind.cl => Register.CL,
        OpCodeOperandKind.ax => Register.AX,
        OpCodeOperandKind.dx => Register.DX,
        OpCodeOperandKind.eax => Register.EAX,
        OpCodeOperandKind.rax => Register.RAX,
        OpCodeOperandKind.st0 => Register.ST0,
        _ => null,
    };

    private int General()
    {
        while (true)
        {
            int register = random.Next(is64Bit ? 16 : 8);
            if ((Forbidden & (1 << register)) == 0)
            {
                return register;
            }
        }
    }

    private Register Byte()
    {
        while (true)
        {
            int number = random.Next(is64Bit ? 20 : 8);
            Register register = number < 4 ? Register.AL + number
                : number < 8 ? Register.AH + (number - 4)
                : number < 12 ? Register.SPL + (number - 8) : Register.R8L + (number - 12);
            int full = register.GetFullRegister() - Register.RAX;
            if ((Forbidden & (1 << full)) == 0)
            {
                return register;
            }
        }
    }
}
