// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics.X86;

namespace Domovoi.Cpu;

/// <summary>What the emitted code may use of the processor it runs on.</summary>
internal static class HostProcessor
{
    internal static bool HasBmi2 => Bmi2.X64.IsSupported;

    internal static bool HasAvx => Avx.IsSupported;
}
