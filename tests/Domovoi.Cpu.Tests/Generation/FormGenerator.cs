// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Cases;
using Iced.Intel;

namespace Domovoi.Cpu.Tests.Generation;

/// <summary>Makes a case of one instruction form with random operands, values and places in memory.</summary>
internal sealed class FormGenerator(Random random)
{
    private const int Attempts = 40;

    /// <summary>A case whose only interesting instruction has the given code, or null when no attempt could be encoded.</summary>
    internal CpuCase? TryCreate(Code code, int bitness)
    {
        for (int i = 0; i < Attempts; i++)
        {
            CpuCase? test = Attempt(code, bitness == 64);
            if (test is not null && FlagTaint.TryAnalyze(test) && test.TryAssemble(out _) && DecodesAs(test, code)
                && (bitness == 64 || (test.TryMakeTwin() && DecodesAs(test.Twin!, code))))
            {
                return test;
            }
        }

        return null;
    }

    /// <summary>Random registers and memory for a case.</summary>
    internal static CpuCase Blank(Random random, bool is64Bit, bool floats, bool keepsBranchLengths = false)
    {
        var test = new CpuCase
        {
            Is64Bit = is64Bit,
            KeepsBranchLengths = keepsBranchLengths,
            Xsave = XsaveImage.Random(random, floats),
            Rflags = 0x202 | ((ulong)random.Next(0x1000) & 0x8D5),
            Data = random.Next(4) switch
            {
                0 => DataImages.Random,
                1 => DataImages.Integers,
                2 => floats ? DataImages.Floats : DataImages.Integers,
                _ => floats ? DataImages.Floats : DataImages.Zeros,
            },
        };
        for (int i = 0; i < 16; i++)
        {
            test.General[i] = Values.Integer(random);
            if (!is64Bit)
            {
                test.General[i] = i < 8 ? (uint)test.General[i] : 0;
            }
        }

        return test;
    }

    private CpuCase? Attempt(Code code, bool is64Bit)
    {
        CpuCase test = Blank(random, is64Bit, random.Next(2) == 0, keepsBranchLengths: true);
        test.Start = AddressMap.Code + (ulong)(random.Next(6) == 0 ? 0x1000 - random.Next(1, 12) : random.Next(0x100, 0xE00));
        var pins = new RegisterPins(test.General);
        var operands = new OperandPlanner(random, is64Bit) { BranchTarget = CpuCase.ExitLabel };
        Instruction instruction = default;
        instruction.Code = code;
        if (!operands.TryPlan(ref instruction))
        {
            return null;
        }

        AddPrefixes(ref instruction, operands.MemoryOperand == 0);
        instruction.IP = 1;
        var special = new ImplicitOperands(random, test, pins);
        if (!special.TryPrepare(ref instruction))
        {
            return null;
        }

        if (operands.MemoryOperand >= 0 && !TryPlaceMemory(ref instruction, test, pins, special))
        {
            return null;
        }

        special.Finish(in instruction);
        test.Program.Add(instruction);
        if (instruction.FlowControl is not FlowControl.Next and not FlowControl.Exception and not FlowControl.Interrupt)
        {
            Instruction marker = Instruction.Create(Code.Xor_rm32_imm32, Register.EDX, 0x1234_5678);
            marker.IP = 2;
            test.Program.Add(marker);
        }

        return test;
    }

    private bool TryPlaceMemory(ref Instruction instruction, CpuCase test, RegisterPins pins, ImplicitOperands special)
    {
        int size = special.MemorySize ?? instruction.MemorySize.GetSize();
        ulong target = special.Target ?? MemoryTargets.Any(random, size, test.Is64Bit);
        special.Target = target;
        special.MemorySize = size;
        if (instruction.Code.ToOpCode() is var form && HasOffsetOperand(form))
        {
            return TryMemoryOffset(ref instruction, target, test.Is64Bit);
        }

        if (instruction.IsVsib)
        {
            return special.TryPlanGather(ref instruction, target);
        }

        return new MemoryOperandPlanner(random, pins, test.Is64Bit).TryPlan(ref instruction, target - special.AddressBias, true);
    }

    private static bool HasOffsetOperand(OpCodeInfo form) =>
        form.Op0Kind == OpCodeOperandKind.mem_offs || form.Op1Kind == OpCodeOperandKind.mem_offs;

    private static bool TryMemoryOffset(ref Instruction instruction, ulong target, bool is64Bit)
    {
        instruction.MemoryDisplacement64 = is64Bit ? target : (uint)target;
        instruction.MemoryDisplSize = is64Bit ? 8 : 4;
        return true;
    }

    private void AddPrefixes(ref Instruction instruction, bool memoryDestination)
    {
        OpCodeInfo form = instruction.Code.ToOpCode();
        if (memoryDestination && form.CanUseLockPrefix && random.Next(3) == 0)
        {
            instruction.HasLockPrefix = true;
        }

        if (form.CanUseRepPrefix && instruction.IsStringInstruction && random.Next(3) > 0)
        {
            instruction.HasRepPrefix = true;
        }
        else if (form.CanUseRepnePrefix && instruction.IsStringInstruction && random.Next(2) == 0)
        {
            instruction.HasRepnePrefix = true;
        }
    }

    private static bool DecodesAs(CpuCase test, Code code)
    {
        int start = (int)(test.Start & (AddressMap.CodeLength - 1));
        var reader = new ByteArrayCodeReader(test.CodeImage, start, Math.Min(15, test.CodeImage.Length - start));
        return Decoder.Create(test.Bitness, reader, test.Start).Decode().Code == code;
    }
}
