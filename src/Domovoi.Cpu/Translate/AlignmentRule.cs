// SPDX-License-Identifier: MIT
using Iced.Intel;

namespace Domovoi.Cpu.Translate;

/// <summary>Which memory operands must be aligned (SDM 1 §4.1.1, 14.9): misalignment is #GP and comes before #PF.</summary>
internal static class AlignmentRule
{
    internal static bool Applies(in Instruction instruction)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Movups or Mnemonic.Movupd or Mnemonic.Movdqu or Mnemonic.Lddqu or Mnemonic.Pcmpestri or Mnemonic.Pcmpestrm
                or Mnemonic.Pcmpistri or Mnemonic.Pcmpistrm or Mnemonic.Pcmpestri64 or Mnemonic.Pcmpestrm64 or Mnemonic.Sha1msg1
                or Mnemonic.Sha1msg2 or Mnemonic.Sha1nexte or Mnemonic.Sha1rnds4 or Mnemonic.Sha256msg1 or Mnemonic.Sha256msg2
                or Mnemonic.Sha256rnds2:
                return false;
            case Mnemonic.Vmovaps or Mnemonic.Vmovapd or Mnemonic.Vmovdqa or Mnemonic.Vmovntps or Mnemonic.Vmovntpd
                or Mnemonic.Vmovntdq or Mnemonic.Vmovntdqa or Mnemonic.Cmpxchg16b or Mnemonic.Xsave or Mnemonic.Xsave64
                or Mnemonic.Xsaveopt or Mnemonic.Xsaveopt64 or Mnemonic.Xsavec or Mnemonic.Xsavec64 or Mnemonic.Xrstor
                or Mnemonic.Xrstor64 or Mnemonic.Fxsave or Mnemonic.Fxsave64 or Mnemonic.Fxrstor or Mnemonic.Fxrstor64:
                return true;
            default:
                return instruction.MemorySize.GetSize() == 16 && instruction.Encoding == EncodingKind.Legacy;
        }
    }

    /// <summary>What the address must be a multiple of, given the bytes accessed.</summary>
    internal static int Boundary(int size) => size switch { 16 or 32 => size, 512 => 16, _ => 64 };
}
