// SPDX-License-Identifier: MIT
using Iced.Intel;

namespace Domovoi.Cpu.Tests.Generation;

/// <summary>Sorts instruction forms into families, so that a failing test says where to look.</summary>
internal static class InstructionFamilies
{
    internal static IReadOnlyList<string> Names { get; } =
        [.. InstructionCatalog.Testable(64).Select(Of).Distinct().Order(StringComparer.Ordinal)];

    internal static string Of(Code code)
    {
        OpCodeInfo form = code.ToOpCode();
        if (code.IsStringInstruction())
        {
            return "strings";
        }

        if (code.FlowControl() != FlowControl.Next)
        {
            return "control flow";
        }

        if (form.IsStackInstruction)
        {
            return "stack";
        }

        CpuidFeature feature = code.CpuidFeatures()[0];
        return feature switch
        {
            CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387 => "x87",
            CpuidFeature.MMX => "mmx",
            CpuidFeature.SSE or CpuidFeature.SSE2 or CpuidFeature.SSE3 or CpuidFeature.SSSE3 or CpuidFeature.SSE4_1
                or CpuidFeature.SSE4_2 => "sse",
            CpuidFeature.AVX => "avx",
            CpuidFeature.AVX2 => "avx2",
            CpuidFeature.FMA => "fma",
            CpuidFeature.BMI1 or CpuidFeature.BMI2 or CpuidFeature.ADX or CpuidFeature.MOVBE or CpuidFeature.POPCNT
                or CpuidFeature.LZCNT => "bit manipulation",
            CpuidFeature.XSAVE or CpuidFeature.XSAVEC or CpuidFeature.XSAVEOPT or CpuidFeature.FXSR => "state images",
            CpuidFeature.AES or CpuidFeature.VAES or CpuidFeature.PCLMULQDQ or CpuidFeature.VPCLMULQDQ or CpuidFeature.SHA
                or CpuidFeature.GFNI or CpuidFeature.F16C => "crypto and f16",
            _ => "integer",
        };
    }
}
