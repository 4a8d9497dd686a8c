// SPDX-License-Identifier: MIT
namespace Domovoi.KernelImages.Elf;

/// <summary>Names of the processors a kernel file may be for: <c>EM_*</c>, elf.h.</summary>
internal static class ElfMachines
{
    internal const ushort X86 = 3;
    internal const ushort X64 = 62;

    internal static string NameOf(ushort machine) => machine switch
    {
        2 or 18 or 43 => "SPARC",
        X86 => "32-bit x86",
        8 => "MIPS",
        20 => "32-bit PowerPC",
        21 => "64-bit PowerPC",
        22 => "s390",
        40 => "32-bit ARM",
        50 => "Itanium",
        X64 => "x86-64",
        183 => "64-bit ARM (arm64)",
        243 => "RISC-V",
        258 => "LoongArch",
        _ => $"ELF machine number {machine}",
    };
}
