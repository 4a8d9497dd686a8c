// SPDX-License-Identifier: MIT
using Domovoi.Cpu.CodeCache;
using Iced.Intel;

namespace Domovoi.Cpu.Translate;

/// <summary>REP MOVS and REP STOS in their common form; the other string instructions are carried out in C#.</summary>
internal static class StringOperations
{
    /// <summary>Emits a call of the shared code, and what goes on where that stops.</summary>
    /// <returns>false, with nothing emitted, when the instruction is none of these or in a form that they have not.</returns>
    internal static bool TryEmit(BlockTranslator t, in Instruction instruction)
    {
        bool moves = instruction.Mnemonic is Mnemonic.Movsb or Mnemonic.Movsw or Mnemonic.Movsd or Mnemonic.Movsq;
        bool stores = instruction.Mnemonic is Mnemonic.Stosb or Mnemonic.Stosw or Mnemonic.Stosd or Mnemonic.Stosq;
        if (!instruction.IsStringInstruction || !(moves || stores) || !instruction.HasRepPrefix || !t.Is64Bit
            || (t.Mode & (ModeKey.Backwards | ModeKey.SingleStep)) != 0
            || instruction.Op0Kind != OpKind.MemoryESRDI
            || (moves && (instruction.Op1Kind != OpKind.MemorySegRSI || instruction.MemorySegment is Register.FS or Register.GS)))
        {
            return false;
        }

        int power = instruction.Mnemonic switch
        {
            Mnemonic.Movsb or Mnemonic.Stosb => 0,
            Mnemonic.Movsw or Mnemonic.Stosw => 1,
            Mnemonic.Movsd or Mnemonic.Stosd => 2,
            _ => 3,
        };
        t.Assembler.Call(t.Exits.Thunks.StringOperation(t.Mode.Space(), moves, power));
        nint over = t.Assembler.JumpIfRcxZero8();
        t.EmitSlow(instruction);
        t.Assembler.Bind8(over);
        return true;
    }
}
