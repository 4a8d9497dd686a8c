// SPDX-License-Identifier: MIT
using Iced.Intel;

namespace Domovoi.Cpu.Translate;

/// <summary>Instructions that are not rewritten: C# carries them out, or the machine's owner does.</summary>
internal static class SlowInstructions
{
    private static readonly Treatment[] s_treatments = new Treatment[Enum.GetValues<Code>().Length];

    private enum Treatment : byte
    {
        Unknown,
        Translated,
        InBlock,
        Ending,
    }

    /// <summary>Carried out by C# in the middle of a block, which then goes on.</summary>
    internal static bool StaysInBlock(in Instruction instruction) => TreatmentOf(instruction) == Treatment.InBlock;

    /// <summary>Leaves translated code for good: the block ends with it.</summary>
    internal static bool EndsBlock(in Instruction instruction) => TreatmentOf(instruction) == Treatment.Ending;

    /// <summary>A form's, not an operand's, property: found once for each.</summary>
    private static Treatment TreatmentOf(in Instruction instruction)
    {
        ref Treatment treatment = ref s_treatments[(int)instruction.Code];
        if (treatment == Treatment.Unknown)
        {
            treatment = IsEnding(instruction) ? Treatment.Ending : IsCarriedOut(instruction) ? Treatment.InBlock : Treatment.Translated;
        }

        return treatment;
    }

    private static bool IsCarriedOut(in Instruction instruction) => instruction.IsStringInstruction
        ? instruction.Mnemonic is not (Mnemonic.Insb or Mnemonic.Insd or Mnemonic.Insw or Mnemonic.Outsb
            or Mnemonic.Outsd or Mnemonic.Outsw)
        : instruction.Mnemonic switch
        {
            Mnemonic.Pushf or Mnemonic.Pushfd or Mnemonic.Enter or Mnemonic.Xgetbv
                or Mnemonic.Rdfsbase or Mnemonic.Rdgsbase
                or Mnemonic.Pusha or Mnemonic.Pushad or Mnemonic.Popa or Mnemonic.Popad
                or Mnemonic.Aaa or Mnemonic.Aas or Mnemonic.Aam or Mnemonic.Aad or Mnemonic.Daa or Mnemonic.Das
                or Mnemonic.Salc or Mnemonic.Maskmovq or Mnemonic.Maskmovdqu or Mnemonic.Vmaskmovdqu
                or Mnemonic.Vmaskmovps or Mnemonic.Vmaskmovpd or Mnemonic.Vpmaskmovd or Mnemonic.Vpmaskmovq
                or Mnemonic.Vgatherdpd or Mnemonic.Vgatherdps or Mnemonic.Vgatherqpd or Mnemonic.Vgatherqps
                or Mnemonic.Vpgatherdd or Mnemonic.Vpgatherdq or Mnemonic.Vpgatherqd or Mnemonic.Vpgatherqq => true,
            Mnemonic.Pushfq => !HostProcessor.HasBmi2,
            Mnemonic.Push => instruction.Op0Kind == OpKind.Register && instruction.Op0Register.IsSegmentRegister(),
            _ => false,
        };

    private static bool IsEnding(in Instruction instruction)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.INVALID or Mnemonic.Cpuid or Mnemonic.Rdpmc or Mnemonic.Rdmsr or Mnemonic.Wrmsr
                or Mnemonic.Xsetbv or Mnemonic.Clts or Mnemonic.Smsw or Mnemonic.Lmsw or Mnemonic.Cli or Mnemonic.Sti
                or Mnemonic.Hlt or Mnemonic.In or Mnemonic.Out or Mnemonic.Insb or Mnemonic.Insd or Mnemonic.Insw
                or Mnemonic.Outsb or Mnemonic.Outsd or Mnemonic.Outsw or Mnemonic.Lss or Mnemonic.Lfs or Mnemonic.Lgs
                or Mnemonic.Les or Mnemonic.Lds or Mnemonic.Swapgs or Mnemonic.Lar or Mnemonic.Lsl or Mnemonic.Verr
                or Mnemonic.Verw or Mnemonic.Sgdt or Mnemonic.Sidt or Mnemonic.Sldt or Mnemonic.Str or Mnemonic.Lgdt
                or Mnemonic.Lidt or Mnemonic.Lldt or Mnemonic.Ltr or Mnemonic.Invlpg or Mnemonic.Wbinvd
                or Mnemonic.Invd or Mnemonic.Wbnoinvd or Mnemonic.Popf or Mnemonic.Popfd or Mnemonic.Popfq
                or Mnemonic.Std or Mnemonic.Stac or Mnemonic.Clac or Mnemonic.Wrfsbase or Mnemonic.Wrgsbase
                or Mnemonic.Monitor or Mnemonic.Mwait or Mnemonic.Vmcall or Mnemonic.Vmmcall or Mnemonic.Invpcid
                or Mnemonic.Xsaves or Mnemonic.Xsaves64 or Mnemonic.Xrstors or Mnemonic.Xrstors64 or Mnemonic.Arpl
                or Mnemonic.Bound or Mnemonic.Ud0 or Mnemonic.Ud1 or Mnemonic.Ud2 or Mnemonic.Clzero
                or Mnemonic.Rdpru or Mnemonic.Rdpkru or Mnemonic.Wrpkru or Mnemonic.Into:
                return true;
            case Mnemonic.Mov:
                return (instruction.Op0Kind == OpKind.Register && IsSystem(instruction.Op0Register))
                    || (instruction.Op1Kind == OpKind.Register && IsControl(instruction.Op1Register));
            case Mnemonic.Pop:
                return instruction.Op0Kind == OpKind.Register && instruction.Op0Register.IsSegmentRegister();
            default:
                return !IsCarriedOut(instruction) && !TranslatedFeatures.Includes(instruction.Code);
        }
    }

    private static bool IsSystem(Register register) => register.IsSegmentRegister() || IsControl(register);

    private static bool IsControl(Register register) => register.IsCR() || register.IsDR() || register.IsTR();
}
