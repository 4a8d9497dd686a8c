// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics.X86;
using Iced.Intel;

namespace Domovoi.Cpu;

/// <summary>What the emitted code may use of the processor it runs on.</summary>
/// <remarks>Asked by CPUID: the runtime's own answers say what its compiler may use, which ahead of time is the baseline.</remarks>
internal static class HostProcessor
{
    private const int OsXsave = 1 << 27;
    private const int AvxBit = 1 << 28;
    private const int Bmi2Bit = 1 << 8;

    internal static bool HasBmi2 { get; } = (X86Base.CpuId(7, 0).Ebx & Bmi2Bit) != 0;

    /// <summary>"AuthenticAMD": some instructions mean something else there.</summary>
    internal static bool IsAmd { get; } = X86Base.CpuId(0, 0).Ebx == 0x6874_7541;

    /// <summary>
    /// A few encodings differ between makers (the prefix 66 at a near branch, REX.W at a far one); the guest, which sees the host's maker in
    /// CPUID, gets the host's.
    /// </summary>
    internal static DecoderOptions Decoding { get; } = IsAmd ? DecoderOptions.AMD : DecoderOptions.None;

    /// <summary>All that translations may depend on: leaves that say which processor this is and what it has.</summary>
    internal static string Describe() => string.Join(' ', ((ReadOnlySpan<(int Leaf, int Part)>)[
        (0, 0), (1, 0), (7, 0), (7, 1), (0xD, 0), (0xD, 1), (unchecked((int)0x8000_0001), 0)]).ToArray().Select(static leaf =>
        {
            (int eax, int ebx, int ecx, int edx) = X86Base.CpuId(leaf.Leaf, leaf.Part);
            bool isOfOneCore = leaf.Leaf is 1 or 0xD;       // EBX: the core's number, the size of what is enabled now
            return $"{leaf.Leaf:x}.{leaf.Part}:{eax:x},{(isOfOneCore ? 0 : ebx):x},{ecx:x},{edx:x}";
        }));

    internal static bool HasAvx { get; } = (X86Base.CpuId(1, 0).Ecx & (OsXsave | AvxBit)) == (OsXsave | AvxBit);
}
