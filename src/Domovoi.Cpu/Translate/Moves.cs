// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Emit;
using Domovoi.Cpu.State;
using Iced.Intel;

namespace Domovoi.Cpu.Translate;

/// <summary>LEA, XLAT, and MOV in the forms that carry a bare offset.</summary>
internal static class Moves
{
    internal static void Register(OpcodeTable table)
    {
        table[Mnemonic.Lea] = LoadAddress;
        table[Mnemonic.Xlatb] = Translate;
        table[Mnemonic.Mov] = Move;
        table[Mnemonic.Xor] = ExclusiveOr;
        table[Mnemonic.Sub] = ExclusiveOr;
    }

    /// <summary>A register that lives in the state block is cleared through a scratch register, without reading it.</summary>
    private static void ExclusiveOr(BlockTranslator t, in Instruction instruction)
    {
        bool clears = instruction.Op0Kind == OpKind.Register && instruction.Op1Kind == OpKind.Register
            && instruction.Op0Register == instruction.Op1Register && instruction.Op0Register.GetSize() >= 4;
        if (!clears || !RegisterMap.IsInMemory(RegisterMap.NumberOf(instruction.Op0Register)))
        {
            Rewritten.Emit(t, instruction);
            return;
        }

        Instruction clear = instruction;
        clear.Op0Register = clear.Op1Register = RegisterMap.Sized(HostRegister.Rcx, instruction.Op0Register);
        t.Encoder.Write(clear);
        t.Assembler.Store64(RegisterMap.StateOf(RegisterMap.NumberOf(instruction.Op0Register)), HostRegister.Rcx);
    }

    private static void Move(BlockTranslator t, in Instruction instruction)
    {
        if (instruction.Op1Kind == OpKind.Register && instruction.Op1Register.IsSegmentRegister())
        {
            StoreSelector(t, instruction);
            return;
        }

        Instruction plain = instruction;
        switch (instruction.Code)
        {
            case Code.Mov_AL_moffs8: plain.Code = Code.Mov_r8_rm8; break;
            case Code.Mov_AX_moffs16: plain.Code = Code.Mov_r16_rm16; break;
            case Code.Mov_EAX_moffs32: plain.Code = Code.Mov_r32_rm32; break;
            case Code.Mov_RAX_moffs64: plain.Code = Code.Mov_r64_rm64; break;
            case Code.Mov_moffs8_AL: plain.Code = Code.Mov_rm8_r8; break;
            case Code.Mov_moffs16_AX: plain.Code = Code.Mov_rm16_r16; break;
            case Code.Mov_moffs32_EAX: plain.Code = Code.Mov_rm32_r32; break;
            case Code.Mov_moffs64_RAX: plain.Code = Code.Mov_rm64_r64; break;
        }

        t.EmitRewritten(plain);
    }

    private static void StoreSelector(BlockTranslator t, in Instruction instruction)
    {
        int offset = StateLayout.Selectors + ((instruction.Op1Register - Iced.Intel.Register.ES) * sizeof(ushort));
        t.Assembler.Load16ZeroExtended(HostRegister.Rcx, HostAddress.State(offset));
        if (instruction.Op0Kind == OpKind.Memory)
        {
            t.Assembler.Store64(HostAddress.State(StateLayout.Carried), HostRegister.Rcx);
            t.EmitAccess(instruction, Templates.StoreCarried(sizeof(ushort)), sizeof(ushort), write: true);
            return;
        }

        int guest = RegisterMap.NumberOf(instruction.Op0Register);
        HostRegister host = RegisterMap.HostOf(guest);
        switch (instruction.Op0Register.GetSize(), host)
        {
            case (2, HostRegister.None): t.Assembler.Store16(RegisterMap.StateOf(guest), HostRegister.Rcx); break;
            case (2, _): t.Assembler.Move16(host, HostRegister.Rcx); break;
            case (_, HostRegister.None): t.Assembler.Store64(RegisterMap.StateOf(guest), HostRegister.Rcx); break;
            default: t.Assembler.Move64(host, HostRegister.Rcx); break;
        }
    }

    private static void LoadAddress(BlockTranslator t, in Instruction instruction)
    {
        Instruction flat = instruction;
        flat.SegmentPrefix = Iced.Intel.Register.None;
        int guest = RegisterMap.NumberOf(instruction.Op0Register);
        HostRegister host = RegisterMap.HostOf(guest);
        int size = instruction.Op0Register.GetSize();
        if (host != HostRegister.None && size >= 4)
        {
            EffectiveAddress.EmitOffsetOf(t.Assembler, flat, t.Mode, host, truncated: size == 4);
            return;
        }

        EffectiveAddress.EmitOffsetOf(t.Assembler, flat, t.Mode);
        switch (size, host)
        {
            case (2, HostRegister.None): t.Assembler.Store16(RegisterMap.StateOf(guest), HostRegister.R14); break;
            case (2, _): t.Assembler.Move16(host, HostRegister.R14); break;
            case (4, HostRegister.None):
                t.Assembler.Move32(HostRegister.R14, HostRegister.R14);
                t.Assembler.Store64(RegisterMap.StateOf(guest), HostRegister.R14);
                break;
            default: t.Assembler.Store64(RegisterMap.StateOf(guest), HostRegister.R14); break;
        }
    }

    private static void Translate(BlockTranslator t, in Instruction instruction)
    {
        GuestOperation load = Templates.Load(HostRegister.Rcx, 8);
        load.Instruction.Code = Code.Mov_r8_rm8;
        load.Instruction.Op0Register = Iced.Intel.Register.AL;
        t.EmitAccess(EffectiveAddress.Of(instruction, t.Mode), load, 1, write: false);
    }
}
