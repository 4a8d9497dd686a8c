// SPDX-License-Identifier: MIT
using Iced.Intel;

namespace Domovoi.Cpu.Decode;

/// <summary>What one instruction does to the general-purpose registers, as far as addresses formed from them are concerned.</summary>
/// <param name="Changed">Bit n: register n no longer holds a value known from before.</param>
/// <param name="Shifted">The register that a constant was added to, or -1.</param>
/// <param name="Shift">That constant.</param>
internal readonly record struct RegisterWrites(ushort Changed, int Shifted, int Shift)
{
    private const int Rsp = 4;

    internal static RegisterWrites Of(in Instruction instruction, in CodeFacts facts, InstructionInfoFactory factory)
    {
        ushort changed = facts.WritesOperandsOnly ? WrittenOperands(instruction, facts) : AllWritten(instruction, factory);
        int shifted = ShiftOf(instruction, out int shift);
        return shifted < 0
            ? new RegisterWrites(changed, -1, 0)
            : new RegisterWrites((ushort)(changed & ~(1 << shifted)), shifted, shift);
    }

    private static ushort WrittenOperands(in Instruction instruction, in CodeFacts facts)
    {
        int changed = 0;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (facts.Writes(i) && instruction.GetOpKind(i) == OpKind.Register)
            {
                changed |= Bit(instruction.GetOpRegister(i));
            }
        }

        return (ushort)changed;
    }

    private static ushort AllWritten(in Instruction instruction, InstructionInfoFactory factory)
    {
        int changed = 0;
        foreach (UsedRegister used in factory.GetInfo(instruction, InstructionInfoOptions.NoMemoryUsage).GetUsedRegisters())
        {
            if (used.Access is OpAccess.Write or OpAccess.CondWrite or OpAccess.ReadWrite or OpAccess.ReadCondWrite)
            {
                changed |= Bit(used.Register);
            }
        }

        return (ushort)changed;
    }

    private static int Bit(Register register) => register.IsGPR() ? 1 << (register.GetFullRegister() - Register.RAX) : 0;

    /// <summary>PUSH, PUSHF, POP, and a 64-bit register plus or minus a constant.</summary>
    private static int ShiftOf(in Instruction instruction, out int shift)
    {
        shift = instruction.StackPointerIncrement;
        int first = instruction.Op0Kind == OpKind.Register && instruction.Op0Register.IsGPR64()
            ? instruction.Op0Register - Register.RAX
            : -1;
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Push or Mnemonic.Pushfq:
                return Rsp;
            case Mnemonic.Pop:
                return instruction.Op0Kind == OpKind.Register && Bit(instruction.Op0Register) == 1 << Rsp ? -1 : Rsp;   // POP SP too
            case Mnemonic.Inc or Mnemonic.Dec:
                shift = instruction.Mnemonic == Mnemonic.Inc ? 1 : -1;
                return first;
            case Mnemonic.Add or Mnemonic.Sub when instruction.Op1Kind is OpKind.Immediate8to64 or OpKind.Immediate32to64:
                shift = instruction.Mnemonic == Mnemonic.Add ? (int)instruction.GetImmediate(1) : -(int)instruction.GetImmediate(1);
                return shift == int.MinValue ? -1 : first;
            case Mnemonic.Lea when instruction.MemoryBase == instruction.Op0Register && instruction.MemoryIndex == Register.None:
                shift = (int)instruction.MemoryDisplacement64;
                return first;
            default:
                return -1;
        }
    }
}
