// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Cases;
using Iced.Intel;

namespace Domovoi.Cpu.Tests.Generation;

/// <summary>Makes programs of several instructions that share registers, memory and flags, with branches, calls and loops.</summary>
/// <remarks>
/// RSP and two more registers hold addresses and one counts loops; explicit operands do not write these. Implicit ones may, and
/// then wild accesses fault on both sides alike.
/// </remarks>
internal sealed class SequenceGenerator(Random random)
{
    private static readonly Code[] _common = InstructionCatalog.Testable(64).Where(IsCommon).ToArray();
    private static readonly Code[] _rest = InstructionCatalog.Testable(64).Where(code => !IsCommon(code) && IsPlain(code)).ToArray();
    private static readonly Code[] _branches =
    [
        .. InstructionCatalog.Testable(64).Where(code => code.IsJccShort() || code.IsJccNear() || code.IsJmpShort()),
        Code.Jrcxz_rel8_64, Code.Jecxz_rel8_64,
    ];

    private readonly InstructionInfoFactory _information = new();
    private int _firstPointer;
    private int _secondPointer;
    private int _counter;
    private int _kept;

    /// <summary>A program of 4 to 40 instructions, or null when the flags of this draw would prove nothing.</summary>
    internal CpuCase? TryCreate()
    {
        bool vectors = random.Next(3) == 0;
        CpuCase test = FormGenerator.Blank(random, is64Bit: true, floats: vectors);
        test.Start = AddressMap.Code + (ulong)(random.Next(3) == 0 ? 0x1000 - random.Next(1, 150) : random.Next(0x100, 0xE00));
        if (random.Next(8) == 0)
        {
            test.Start += AddressMap.CodeAlias - AddressMap.Code;
        }

        ChooseRegisters(test);
        int length = random.Next(4, 41);
        int exotic = random.Next(4) * 10;
        for (int i = 0; i < length; i++)
        {
            Instruction instruction = Draw(test, vectors, exotic, i, length);
            instruction.IP = (ulong)i + 1;
            test.Program.Add(instruction);
        }

        AddLoop(test);
        return FlagTaint.TryAnalyze(test) && test.TryAssemble(out _) ? test : null;
    }

    private void ChooseRegisters(CpuCase test)
    {
        int[] order = [.. Enumerable.Range(0, 16).Where(register => register != 4).OrderBy(_ => random.Next())];
        (_firstPointer, _secondPointer, _counter) = (order[0], order[1], order[2]);
        _kept = (1 << 4) | (1 << _firstPointer) | (1 << _secondPointer) | (1 << _counter);
        test.General[4] = MemoryTargets.Inside(random, 512) + 0x100;
        test.General[_firstPointer] = MemoryTargets.Inside(random, 256) + (ulong)random.Next(200);
        test.General[_secondPointer] = random.Next(5) == 0
            ? MemoryTargets.Any(random, 16, true)
            : MemoryTargets.Inside(random, 256) + (ulong)random.Next(200);
        test.General[_counter] = (ulong)random.Next(1, 40);
        for (int register = 0; register < 16; register++)
        {
            if ((_kept & (1 << register)) == 0 && random.Next(3) == 0)
            {
                test.General[register] = (ulong)random.Next(-64, 64);
            }
        }
    }

    private Instruction Draw(CpuCase test, bool vectors, int exotic, int position, int length)
    {
        if (random.Next(10) == 0)
        {
            return Branch(position, length);
        }

        if (random.Next(14) == 0)
        {
            return Stack();
        }

        while (true)
        {
            Code[] from = random.Next(100) < exotic || (vectors && random.Next(2) == 0) ? _rest : _common;
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

            if (instruction.IsStringInstruction && instruction.HasRepPrefix)
            {
                continue;
            }

            _ = test;
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

    /// <summary>Whether the kept registers are not among those the instruction writes.</summary>
    private bool Keeps(in Instruction instruction, bool memory)
    {
        Instruction probe = instruction;
        if (memory)
        {
            probe.MemoryBase = Register.RAX + _firstPointer;
            probe.MemoryIndexScale = 1;
        }

        foreach (UsedRegister used in _information.GetInfo(probe).GetUsedRegisters())
        {
            Register full = used.Register.GetFullRegister();
            if (full is >= Register.RAX and <= Register.R15 && (_kept & (1 << (full - Register.RAX))) != 0
                && used.Access is OpAccess.Write or OpAccess.CondWrite or OpAccess.ReadWrite or OpAccess.ReadCondWrite)
            {
                return random.Next(300) == 0;
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

        instruction.MemoryBase = Register.RAX + (which < 5 ? _firstPointer : which < 8 ? _secondPointer : 4);
        long displacement = random.Next(4) switch { 0 => 0, 1 => random.Next(-128, 128), 2 => random.Next(64) & ~15, _ => random.Next(0, 300) };
        if (random.Next(5) == 0)
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

    private Instruction Branch(int position, int length)
    {
        int distance = random.Next(1, 6);
        ulong target = position + 1 + distance > length ? CpuCase.ExitLabel : (ulong)(position + 1 + distance);
        Instruction instruction = Instruction.CreateBranch(_branches[random.Next(_branches.Length)], target);
        return instruction;
    }

    private Instruction Stack()
    {
        int register = random.Next(16);
        Register source = Register.RAX + register;
        Register target = (_kept & (1 << register)) != 0 ? FreeRegister() : source;
        return random.Next(8) switch
        {
            0 or 1 => Instruction.Create(Code.Push_r64, source),
            2 or 3 => Instruction.Create(Code.Pop_r64, target),
            4 => Instruction.Create(Code.Pushq_imm8, random.Next(-128, 128)),
            5 => Instruction.Create(Code.Pushfq),
            6 => Instruction.CreateBranch(Code.Call_rel32_64, CallTarget),
            _ => Instruction.Create(Code.Sub_rm64_imm8, Register.RSP, 8),
        };
    }

    /// <summary>Calls go to the next instruction or the end; a RET in front of the end returns behind a call.</summary>
    private ulong CallTarget => CpuCase.ExitLabel;

    private Register FreeRegister()
    {
        while (true)
        {
            int register = random.Next(16);
            if ((_kept & (1 << register)) == 0)
            {
                return Register.RAX + register;
            }
        }
    }

    /// <summary>Half of the programs go back once they are through, as often as the counter says.</summary>
    private void AddLoop(CpuCase test)
    {
        if (random.Next(2) == 0)
        {
            return;
        }

        ulong next = (ulong)test.Program.Count + 1;
        ulong head = (ulong)random.Next(1, test.Program.Count + 1);
        Register counter = Register.RAX + _counter;
        Instruction count = random.Next(2) == 0
            ? Instruction.Create(Code.Dec_rm64, counter)
            : Instruction.Create(Code.Sub_rm64_imm8, counter, 1);
        count.IP = next;
        test.Program.Add(count);
        Instruction back = Instruction.CreateBranch(random.Next(2) == 0 ? Code.Jne_rel8_64 : Code.Jg_rel32_64, head);
        back.IP = next + 1;
        test.Program.Add(back);
    }
}
