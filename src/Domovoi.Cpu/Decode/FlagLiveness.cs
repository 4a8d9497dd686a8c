// SPDX-License-Identifier: MIT
using Iced.Intel;

namespace Domovoi.Cpu.Decode;

/// <summary>Which arithmetic flags an instruction needs and which it certainly replaces.</summary>
internal static class FlagLiveness
{
    internal const RflagsBits Arithmetic =
        RflagsBits.CF | RflagsBits.PF | RflagsBits.AF | RflagsBits.ZF | RflagsBits.SF | RflagsBits.OF;

    /// <summary>The flags needed before an instruction, when <paramref name="after"/> are needed behind it.</summary>
    internal static RflagsBits Before(in Instruction instruction, RflagsBits after)
    {
        RflagsBits modified = instruction.RflagsModified & Arithmetic;
        if (modified != RflagsBits.None && MayLeaveFlagsAlone(instruction))
        {
            modified = RflagsBits.None;
        }

        RflagsBits read = instruction.RflagsRead & Arithmetic;
        if (instruction.Mnemonic is Mnemonic.Rcl or Mnemonic.Rcr)
        {
            read |= RflagsBits.CF;                          // also where nothing turns in the end (by 9 in a byte): OF is made of it
        }

        return (after & ~modified) | read;
    }

    /// <summary>A shift by zero leaves flags alone; so does a repeated string instruction that runs no time.</summary>
    private static bool MayLeaveFlagsAlone(in Instruction instruction)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Shl or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Sal or Mnemonic.Rol or Mnemonic.Ror
                or Mnemonic.Rcl or Mnemonic.Rcr:
                return instruction.OpCount < 2 || !instruction.Op1Kind.IsImmediate() || (instruction.Immediate8 & 31) == 0;
            case Mnemonic.Shld or Mnemonic.Shrd:
                return !instruction.Op2Kind.IsImmediate() || (instruction.Immediate8 & 31) == 0;
            default:
                return instruction.HasRepPrefix || instruction.HasRepnePrefix;
        }
    }

    private static bool IsImmediate(this OpKind kind) => kind is >= OpKind.Immediate8 and <= OpKind.Immediate32to64;
}
