// SPDX-License-Identifier: MIT
using Iced.Intel;

namespace Domovoi.Cpu.Tests.Generation;

/// <summary>Which instruction forms the host can be asked about, and why not the others.</summary>
internal static class InstructionCatalog
{
    private static readonly HashSet<CpuidFeature> _features =
    [
        CpuidFeature.INTEL8086, CpuidFeature.INTEL186, CpuidFeature.INTEL286, CpuidFeature.INTEL386, CpuidFeature.INTEL486,
        CpuidFeature.X64, CpuidFeature.ADX, CpuidFeature.AES, CpuidFeature.AVX, CpuidFeature.AVX2, CpuidFeature.BMI1,
        CpuidFeature.BMI2, CpuidFeature.CLFLUSHOPT, CpuidFeature.CLFSH, CpuidFeature.CLWB, CpuidFeature.CMOV,
        CpuidFeature.CMPXCHG16B, CpuidFeature.CX8, CpuidFeature.F16C, CpuidFeature.FMA, CpuidFeature.FPU, CpuidFeature.FPU287,
        CpuidFeature.FPU387, CpuidFeature.FXSR, CpuidFeature.GFNI, CpuidFeature.LZCNT, CpuidFeature.MMX, CpuidFeature.MOVBE,
        CpuidFeature.MULTIBYTENOP, CpuidFeature.PAUSE, CpuidFeature.PCLMULQDQ, CpuidFeature.POPCNT, CpuidFeature.PREFETCHW,
        CpuidFeature.SHA, CpuidFeature.SSE, CpuidFeature.SSE2, CpuidFeature.SSE3, CpuidFeature.SSE4_1, CpuidFeature.SSE4_2,
        CpuidFeature.SSSE3, CpuidFeature.VAES, CpuidFeature.VPCLMULQDQ, CpuidFeature.XSAVE, CpuidFeature.XSAVEOPT,
        CpuidFeature.XSAVEC, CpuidFeature.CET_IBT, CpuidFeature.MOVDIRI,
    ];

    private static readonly Lazy<Code[]> _in64 = new(() => Select(64));
    private static readonly Lazy<Code[]> _in32 = new(() => Select(32));

    internal static Code[] Testable(int bitness) => bitness == 64 ? _in64.Value : _in32.Value;

    /// <summary>Why a form is not compared with the host; null when it is.</summary>
    internal static string? ReasonToExclude(Code code, int bitness)
    {
        OpCodeInfo form = code.ToOpCode();
        if (!form.IsInstruction || !(bitness == 64 ? form.Mode64 : form.Mode32))
        {
            return "not an instruction of this mode";
        }

        foreach (CpuidFeature feature in code.CpuidFeatures())
        {
            if (!_features.Contains(feature))
            {
                return $"feature not offered: {feature}";
            }
        }

        if (form.Encoding is not (EncodingKind.Legacy or EncodingKind.VEX))
        {
            return $"encoding not offered: {form.Encoding}";
        }

        if (code is Code.Reservednop_rm16_r16_0F0D or Code.Reservednop_rm32_r32_0F0D or Code.Reservednop_rm64_r64_0F0D)
        {
            return "makers differ: a no-operation here, undefined there";
        }

        if (code is Code.Movsxd_r16_rm16)
        {
            return "makers differ: reads two bytes or four";
        }

        return form.Fwait ? "decodes as two instructions (wait)" : ReasonByMeaning(code, form);
    }

    private static string? ReasonByMeaning(Code code, OpCodeInfo form)
    {
        if (form.IsPrivileged || form.MustBeCpl0 || form.IsInputOutput)
        {
            return "privileged: leaves the processor (exit tests)";
        }

        if (form.OperandSize == 16 && code.FlowControl() is FlowControl.Return or FlowControl.IndirectBranch
            or FlowControl.IndirectCall or FlowControl.UnconditionalBranch or FlowControl.Call or FlowControl.ConditionalBranch)
        {
            return "16-bit instruction pointer";
        }

        switch (code.Mnemonic())
        {
            case Mnemonic.Jmp or Mnemonic.Call or Mnemonic.Retf or Mnemonic.Iret or Mnemonic.Iretd or Mnemonic.Iretq
                when IsFar(code):
                return "far transfer: leaves the processor (exit tests)";
            case Mnemonic.Lds or Mnemonic.Les or Mnemonic.Lss or Mnemonic.Lfs or Mnemonic.Lgs or Mnemonic.Lar or Mnemonic.Lsl
                or Mnemonic.Verr or Mnemonic.Verw or Mnemonic.Sgdt or Mnemonic.Sidt or Mnemonic.Sldt or Mnemonic.Str
                or Mnemonic.Smsw or Mnemonic.Arpl or Mnemonic.Cpuid or Mnemonic.Xgetbv or Mnemonic.Cli or Mnemonic.Sti
                or Mnemonic.Syscall or Mnemonic.Sysenter or Mnemonic.Insb or Mnemonic.Outsb or Mnemonic.Sysexit
                or Mnemonic.Bound or Mnemonic.Into:
                return "leaves the processor (exit tests)";
            case Mnemonic.Mov when form.Op0Kind is OpCodeOperandKind.seg_reg or OpCodeOperandKind.cr_reg or OpCodeOperandKind.dr_reg
                or OpCodeOperandKind.tr_reg || form.Op1Kind is OpCodeOperandKind.cr_reg or OpCodeOperandKind.dr_reg or OpCodeOperandKind.tr_reg:
            case Mnemonic.Pop when form.Op0Kind is OpCodeOperandKind.es or OpCodeOperandKind.ss or OpCodeOperandKind.ds
                or OpCodeOperandKind.fs or OpCodeOperandKind.gs:
                return "leaves the processor (exit tests)";
            case Mnemonic.Rdtsc or Mnemonic.Rdtscp or Mnemonic.Rdpmc or Mnemonic.Rdpid or Mnemonic.Rdrand or Mnemonic.Rdseed:
                return "differs from run to run";
            case Mnemonic.Umov or Mnemonic.Loadall or Mnemonic.Xbts or Mnemonic.Ibts or Mnemonic.Storeall or Mnemonic.Frstpm
                or Mnemonic.Fstdw or Mnemonic.Fstsg:
                return "of processors before 1990";
            default:
                return null;
        }
    }

    private static bool IsFar(Code code) => code is Code.Jmp_m1616 or Code.Jmp_m1632 or Code.Jmp_m1664 or Code.Jmp_ptr1616
        or Code.Jmp_ptr1632 or Code.Call_m1616 or Code.Call_m1632 or Code.Call_m1664 or Code.Call_ptr1616 or Code.Call_ptr1632
        || code.Mnemonic() is Mnemonic.Retf or Mnemonic.Iret or Mnemonic.Iretd or Mnemonic.Iretq;

    private static Code[] Select(int bitness) =>
        [.. Enum.GetValues<Code>().Where(code => ReasonToExclude(code, bitness) is null && (bitness == 64 || HasTwin(code)))];

    /// <summary>Whether 64-bit code with 32-bit addresses does the same as the 32-bit form.</summary>
    private static bool HasTwin(Code code)
    {
        OpCodeInfo form = code.ToOpCode();
        return form.Mode64 && !form.IsStackInstruction && !form.IsSaveRestore && code.FlowControl() is FlowControl.Next
            && form.Op0Kind != OpCodeOperandKind.seg_reg && form.Op1Kind != OpCodeOperandKind.seg_reg
            && code.Mnemonic() is not (Mnemonic.Vzeroall or Mnemonic.Vzeroupper or Mnemonic.Fnsave or Mnemonic.Frstor
                or Mnemonic.Fldenv or Mnemonic.Fnstenv)
            && !code.CpuidFeatures().Any(feature => feature is CpuidFeature.XSAVE or CpuidFeature.XSAVEC or CpuidFeature.XSAVEOPT
                or CpuidFeature.FXSR);
    }
}
