// SPDX-License-Identifier: MIT
using Iced.Intel;

namespace Domovoi.Cpu.Translate;

/// <summary>Emits one guest instruction.</summary>
internal delegate void InstructionEmitter(BlockTranslator translator, in Instruction instruction);

/// <summary>Which emitter handles a mnemonic. Families register their own; the rest is rewritten as it stands.</summary>
internal sealed class OpcodeTable
{
    private readonly InstructionEmitter[] _emitters = new InstructionEmitter[Enum.GetValues<Mnemonic>().Length];

    internal InstructionEmitter this[Mnemonic mnemonic]
    {
        get => _emitters[(int)mnemonic];
        set => _emitters[(int)mnemonic] = value;
    }

    /// <summary>Whether an instruction runs on the host with other registers and a checked address, and nothing else.</summary>
    internal bool IsRewritten(Mnemonic mnemonic) =>
        _emitters[(int)mnemonic] == Rewritten.Emit || mnemonic is Mnemonic.Mov or Mnemonic.Xor or Mnemonic.Sub;

    /// <summary>Whether an instruction is among the commonest of those that are only rewritten, or a conditional branch.</summary>
    internal static bool IsPlain(in Instruction instruction) => instruction.Mnemonic is
        Mnemonic.Mov or Mnemonic.Movzx or Mnemonic.Movsx or Mnemonic.Movsxd or Mnemonic.Add or Mnemonic.Sub or Mnemonic.And
        or Mnemonic.Or or Mnemonic.Xor or Mnemonic.Cmp or Mnemonic.Test or Mnemonic.Inc or Mnemonic.Dec or Mnemonic.Imul
        or Mnemonic.Push or Mnemonic.Pop or Mnemonic.Movaps or Mnemonic.Movups or Mnemonic.Movdqa or Mnemonic.Movdqu
        or Mnemonic.Movss or Mnemonic.Movsd or Mnemonic.Addps or Mnemonic.Mulps or Mnemonic.Addss or Mnemonic.Mulss
        or Mnemonic.Addsd or Mnemonic.Mulsd or Mnemonic.Subsd or Mnemonic.Divsd or Mnemonic.Movd or Mnemonic.Movq or Mnemonic.Pxor
        ? !instruction.IsStringInstruction
        : instruction.IsJccShortOrNear;

    internal static OpcodeTable Create()
    {
        OpcodeTable table = new();
        Array.Fill(table._emitters, Rewritten.Emit);
        ControlFlow.Register(table);
        StackOperations.Register(table);
        Moves.Register(table);
        BitTests.Register(table);
        Miscellaneous.Register(table);
        return table;
    }
}
