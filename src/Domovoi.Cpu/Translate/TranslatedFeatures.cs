// SPDX-License-Identifier: MIT
using Iced.Intel;

namespace Domovoi.Cpu.Translate;

/// <summary>The instruction-set extensions the guest may use. Anything else raises #UD, as on a processor without it.</summary>
internal static class TranslatedFeatures
{
    private static readonly bool[] s_included = Build();

    internal static bool Includes(Code code) => s_included[(int)code];

    private static bool[] Build()
    {
        bool[] included = new bool[Enum.GetValues<Code>().Length];
        for (int i = 0; i < included.Length; i++)
        {
            included[i] = Array.TrueForAll(((Code)i).CpuidFeatures(), IsOffered);
        }

        return included;
    }

    private static bool IsOffered(CpuidFeature feature) => feature is
        CpuidFeature.INTEL8086 or CpuidFeature.INTEL186 or CpuidFeature.INTEL286 or CpuidFeature.INTEL386
        or CpuidFeature.INTEL486 or CpuidFeature.X64 or CpuidFeature.CMOV or CpuidFeature.CPUID or CpuidFeature.CX8
        or CpuidFeature.CMPXCHG16B or CpuidFeature.TSC or CpuidFeature.RDTSCP or CpuidFeature.RDPID
        or CpuidFeature.MULTIBYTENOP or CpuidFeature.PAUSE or CpuidFeature.FPU or CpuidFeature.FPU287
        or CpuidFeature.FPU387 or CpuidFeature.MMX or CpuidFeature.FXSR or CpuidFeature.SSE or CpuidFeature.SSE2
        or CpuidFeature.SSE3 or CpuidFeature.SSSE3 or CpuidFeature.SSE4_1 or CpuidFeature.SSE4_2
        or CpuidFeature.POPCNT or CpuidFeature.LZCNT or CpuidFeature.MOVBE or CpuidFeature.BMI1 or CpuidFeature.BMI2
        or CpuidFeature.ADX or CpuidFeature.AES or CpuidFeature.PCLMULQDQ or CpuidFeature.SHA or CpuidFeature.RDRAND
        or CpuidFeature.RDSEED or CpuidFeature.AVX or CpuidFeature.AVX2 or CpuidFeature.FMA or CpuidFeature.F16C
        or CpuidFeature.VAES or CpuidFeature.VPCLMULQDQ or CpuidFeature.GFNI or CpuidFeature.XSAVE
        or CpuidFeature.XSAVEOPT or CpuidFeature.XSAVEC or CpuidFeature.CLFLUSHOPT or CpuidFeature.CLFSH
        or CpuidFeature.CLWB or CpuidFeature.PREFETCHW or CpuidFeature.FSGSBASE or CpuidFeature.CET_IBT
        or CpuidFeature.CET_SS or CpuidFeature.SYSCALL or CpuidFeature.SEP or CpuidFeature.MSR
        or CpuidFeature.MOVDIRI

        // Not offered, but processors without them take these for no-operations.
        or CpuidFeature.CLDEMOTE or CpuidFeature.PREFETCHITI or CpuidFeature.PREFETCHWT1 or CpuidFeature.MPX;
}
