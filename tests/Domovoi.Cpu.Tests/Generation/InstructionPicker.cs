// SPDX-License-Identifier: MIT
using Iced.Intel;

namespace Domovoi.Cpu.Tests.Generation;

/// <summary>Registers of a program with a task: RSP and two more point into the data pages, one counts loops.</summary>
/// <remarks>Nothing but stack instructions and now and then an accident writes the pointers, and nothing the counter.</remarks>
internal readonly record struct RegisterRoles(int First, int Second, int Counter)
{
    internal const int Stack = 4;

    internal static RegisterRoles Choose(Random random)
    {
        int[] order = [.. Enumerable.Range(0, 16).Where(register => register != Stack).OrderBy(_ => random.Next())];
        return new RegisterRoles(order[0], order[1], order[2]);
    }

    internal bool Keeps(int register) => register == Stack || register == First || register == Second || register == Counter;
}

/// <summary>Draws single instructions without branches that fit a program's register roles.</summary>
internal sealed class InstructionPicker(Random random, RegisterRoles roles)
{
    private static readonly Code[] _common = [.. InstructionCatalog.Testable(64).Where(IsCommon)];
    private static readonly Code[] _rest = [.. InstructionCatalog.Testable(64).Where(code => !IsCommon(code) && IsPlain(code))];

    private readonly InstructionInfoFactory _information = new();

    /// <summary>An integer instruction of those that compilers emit most.</summary>
    internal Instruction Common() => Draw(_common);

    /// <summary>Any other.</summary>
    internal Instruction Rest() => Draw(_rest);

    internal Instruction StackInstruction()
    {
        int register = random.Next(16);
        Register source = Register.RAX + register;
        Register target = roles.Keeps(register) ? FreeRegister() : source;
        return random.Next(7) switch
        {
            0 or 1 => Instruction.Create(Code.Push_r64, source),
            2 or 3 => Instruction.Create(Code.Pop_r64, target),
            4 => Instruction.Create(Code.Pushq_imm8, random.Next(-128, 128)),
            5 => Instruction.Create(Code.Pushfq),
            _ => Instruction.Create(Code.Sub_rm64_imm8, Register.RSP, 8),
        };
    }

    internal Register FreeRegister()
    {
        int register;
        do
        {
            register = random.Next(16);
        }
        while (roles.Keeps(register));
        return Register.RAX + register;
    }

    private Instruction Draw(Code[] from)
    {
        while (true)
        {
            Instruction instruction = default;
            instruction.Code = from[random.Next(from.Length)];
            var operands = new OperandPlanner(random, is64Bit: true) { Forbidden = 0 };
            if (!operands.TryPlan(ref instruction, preferRegister: random.Next(2) == 0) || !Keeps(instruction, operands.MemoryOperand >= 0))
            {
                continue;
            }

            if (operands.MemoryOperand >= 0)
            {
                PlaceMemory(ref instruction);
                if (operands.MemoryOperand == 0 && instruction.Code.ToOpCode().CanUseLockPrefix && random.Next(4) == 0)
                {
                    instruction.HasLockPrefix = true;
                }
            }

            return instruction;
        }
    }

    private static bool IsPlain(Code code)
    {
        OpCodeInfo form = code.ToOpCode();
        return code.FlowControl() == FlowControl.Next
            && !form.IsStackInstruction && !form.IsSaveRestore
            && code.Mnemonic() is not (Mnemonic.Fnsave or Mnemonic.Frstor or Mnemonic.Fnstenv or Mnemonic.Fldenv or Mnemonic.Fldcw
                or Mnemonic.Ldmxcsr or Mnemonic.Vldmxcsr or Mnemonic.Xrstor or Mnemonic.Xrstor64 or Mnemonic.Xsave or Mnemonic.Xsave64
                or Mnemonic.Xsavec or Mnemonic.Xsavec64 or Mnemonic.Xsaveopt or Mnemonic.Xsaveopt64 or Mnemonic.Fxsave
                or Mnemonic.Fxsave64 or Mnemonic.Fxrstor or Mnemonic.Fxrstor64 or Mnemonic.Xlatb)
            && Enumerable.Range(0, form.OpCount).All(i => form.GetOpKind(i) is not (OpCodeOperandKind.mem_offs
                or OpCodeOperandKind.mem_vsib32x or OpCodeOperandKind.mem_vsib32y or OpCodeOperandKind.mem_vsib64x
                or OpCodeOperandKind.mem_vsib64y));
    }

    /// <summary>The integer instructions that compilers emit.</summary>
    private static bool IsCommon(Code code) => IsPlain(code) && code.Mnemonic() is Mnemonic.Mov or Mnemonic.Add or Mnemonic.Sub
        or Mnemonic.Cmp or Mnemonic.Test or Mnemonic.And or Mnemonic.Or or Mnemonic.Xor or Mnemonic.Lea or Mnemonic.Adc or Mnemonic.Sbb
        or Mnemonic.Inc or Mnemonic.Dec or Mnemonic.Neg or Mnemonic.Not or Mnemonic.Shl or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Rol
        or Mnemonic.Ror or Mnemonic.Movzx or Mnemonic.Movsx or Mnemonic.Movsxd or Mnemonic.Imul or Mnemonic.Xchg or Mnemonic.Sete
        or Mnemonic.Setb or Mnemonic.Setl or Mnemonic.Cmove or Mnemonic.Cmovb or Mnemonic.Cmovg or Mnemonic.Bt or Mnemonic.Bswap
        or Mnemonic.Cdq or Mnemonic.Cqo or Mnemonic.Cdqe or Mnemonic.Stc or Mnemonic.Clc or Mnemonic.Cmc or Mnemonic.Lahf
        or Mnemonic.Sahf or Mnemonic.Cmpxchg or Mnemonic.Xadd or Mnemonic.Mul or Mnemonic.Bts or Mnemonic.Btr && IsPlain(code);

    /// <summary>Whether the instruction leaves the counter alone, and the pointers nearly always.</summary>
    private bool Keeps(in Instruction instruction, bool memory)
    {
        Instruction probe = instruction;
        if (memory)
        {
            probe.MemoryBase = Register.RAX + roles.First;
            probe.MemoryIndexScale = 1;
        }

        foreach (UsedRegister used in _information.GetInfo(probe).GetUsedRegisters())
        {
            Register full = used.Register.GetFullRegister();
            if (full is >= Register.RAX and <= Register.R15 && roles.Keeps(full - Register.RAX)
                && used.Access is OpAccess.Write or OpAccess.CondWrite or OpAccess.ReadWrite or OpAccess.ReadCondWrite)
            {
                return full - Register.RAX != roles.Counter && random.Next(300) == 0;
            }
        }

        return true;
    }

    private void PlaceMemory(ref Instruction instruction)
    {
        int which = random.Next(10);
        if (which == 0)
        {
            instruction.MemoryBase = Register.RIP;
            instruction.MemoryDisplacement64 = MemoryTargets.Inside(random, 64);
            instruction.MemoryDisplSize = 8;
            return;
        }

        instruction.MemoryBase = Register.RAX + (which < 5 ? roles.First : which < 8 ? roles.Second : RegisterRoles.Stack);
        if (instruction.MemorySize.GetSize() >= 16 && random.Next(8) > 0)
        {
            // Most vector instructions want their operand aligned.
            instruction.MemoryDisplacement64 = (ulong)(random.Next(16) * 16);
            instruction.MemoryDisplSize = 8;
            return;
        }

        long displacement = random.Next(4) switch { 0 => 0, 1 => random.Next(-128, 128), 2 => random.Next(64) & ~15, _ => random.Next(0, 300) };
        if (random.Next(12) == 0)
        {
            int index = random.Next(16);
            instruction.MemoryIndex = index == 4 ? Register.None : Register.RAX + index;
            instruction.MemoryIndexScale = index == 4 ? 1 : 1 << random.Next(4);
        }

        if (random.Next(20) == 0)
        {
            instruction.SegmentPrefix = random.Next(2) == 0 ? Register.FS : Register.GS;
            instruction.MemoryBase = Register.None;
            instruction.MemoryIndex = Register.None;
            instruction.MemoryIndexScale = 1;
            displacement = random.Next(0, 0x800);
        }

        instruction.MemoryDisplacement64 = (ulong)displacement;
        instruction.MemoryDisplSize = instruction.MemoryBase == Register.None ? 8 : displacement == 0 ? 0 : displacement == (sbyte)displacement ? 1 : 8;
    }
}
