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
