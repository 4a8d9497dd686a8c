// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Cases;
using Iced.Intel;

namespace Domovoi.Cpu.Tests.Generation;

/// <summary>Follows flags that instructions leave undefined through a program.</summary>
internal static class FlagTaint
{
    /// <summary>
    /// Sets <see cref="CpuCase.UndefinedFlags"/>. False when an instruction reads an undefined flag, or a branch leads to an
    /// instruction that is not in the program: such a case proves nothing.
    /// </summary>
    internal static bool TryAnalyze(CpuCase test)
    {
        List<Instruction> program = test.Program;
        ulong[] tainted = new ulong[program.Count + 1];
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int i = 0; i < program.Count; i++)
            {
                Instruction instruction = program[i];
                ulong flags = (tainted[i] & ~SurelyWritten(instruction)) | Comparison.Flags(instruction.RflagsUndefined);
                if (instruction.FlowControl is not (FlowControl.UnconditionalBranch or FlowControl.Return))
                {
                    changed |= Merge(ref tainted[i + 1], flags);
                }

                if (TargetOf(instruction) is { } target)
                {
                    int index = IndexOf(program, target);
                    if (index < 0)
                    {
                        return false;
                    }

                    changed |= Merge(ref tainted[index], flags);
                }
                else if (instruction.FlowControl is FlowControl.IndirectBranch or FlowControl.IndirectCall or FlowControl.Return or FlowControl.Call)
                {
                    for (int j = 0; j <= program.Count; j++)
                    {
                        changed |= Merge(ref tainted[j], flags);
                    }
                }
            }
        }

        for (int i = 0; i < program.Count; i++)
        {
            if ((tainted[i] & Comparison.Flags(program[i].RflagsRead)) != 0)
            {
                return false;
            }
        }

        test.UndefinedFlags = tainted[^1];
        return true;
    }

    private static bool Merge(ref ulong flags, ulong added)
    {
        ulong before = flags;
        flags |= added;
        return flags != before;
    }

    /// <summary>The <c>IP</c> a near branch inside the program goes to.</summary>
    private static ulong? TargetOf(in Instruction instruction) =>
        instruction.Op0Kind is OpKind.NearBranch16 or OpKind.NearBranch32 or OpKind.NearBranch64 ? instruction.NearBranchTarget : null;

    private static int IndexOf(List<Instruction> program, ulong label)
    {
        if (label == CpuCase.ExitLabel)
        {
            return program.Count;
        }

        return program.FindIndex(instruction => instruction.IP == label);
    }

    /// <summary>Shifts by CL and repeated string compares may leave the flags alone.</summary>
    internal static ulong SurelyWritten(in Instruction instruction)
    {
        bool mayNotWrite = instruction.HasRepPrefix || instruction.HasRepnePrefix
            || instruction.Mnemonic is Mnemonic.Shl or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Sal or Mnemonic.Rol or Mnemonic.Ror
                or Mnemonic.Rcl or Mnemonic.Rcr or Mnemonic.Shld or Mnemonic.Shrd;
        return mayNotWrite ? 0 : Comparison.Flags(instruction.RflagsModified);
    }
}
