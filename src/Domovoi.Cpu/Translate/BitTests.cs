// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Emit;
using Domovoi.Cpu.State;
using Iced.Intel;

namespace Domovoi.Cpu.Translate;

/// <summary>BT, BTS, BTR and BTC: with a register as bit offset, the offset moves the memory operand's address.</summary>
/// <remarks>
/// The word that holds the bit lies at the address plus (offset asr log2(bits)) * size, SDM 2A "BT". The operation then uses
/// the offset modulo the word's bits, which the register form does by itself; a locked one needs the memory form and a
/// reduced offset.
/// </remarks>
internal static class BitTests
{
    internal static void Register(OpcodeTable table)
    {
        foreach (Mnemonic mnemonic in (ReadOnlySpan<Mnemonic>)[Mnemonic.Bt, Mnemonic.Bts, Mnemonic.Btr, Mnemonic.Btc])
        {
            table[mnemonic] = Emit;
        }
    }

    private static void Emit(BlockTranslator t, in Instruction instruction)
    {
        if (instruction.Op0Kind != OpKind.Memory || instruction.Op1Kind != OpKind.Register)
        {
            t.EmitRewritten(instruction);
            return;
        }

        if (!HostProcessor.HasBmi2)
        {
            t.EmitSlow(instruction);
            return;
        }

        int size = instruction.Op1Register.GetSize();
        FormWordAddress(t, instruction, size);
        bool writes = instruction.Mnemonic != Mnemonic.Bt;
        Instruction memoryForm = instruction;
        memoryForm.Op1Register = RegisterMap.Sized(HostRegister.Rcx, instruction.Op1Register);
        GuestOperation operation = new()
        {
            Instruction = memoryForm,
            MemoryOperand = 0,
            Source = GuestOperation.CounterSource.Carried,
        };
        Instruction word = StackSegment.Holds(instruction, t.Is64Bit)
            ? Templates.StackOperand(is64Bit: true)
            : Templates.Load(HostRegister.R14, 8).Instruction;
        EffectiveAddress formed = new(HostRegister.R14, IsConstant: false, 0, word, 0) { IsFormed = true };
        t.EmitAccess(formed, operation, size, writes);
    }

    /// <summary>R14 and the formed-address word = address of the word; carried = bit offset within it.</summary>
    private static void FormWordAddress(BlockTranslator t, in Instruction instruction, int size)
    {
        HostAssembler a = t.Assembler;
        EffectiveAddress.EmitOffsetOf(a, instruction, t.Mode);
        LoadOffset(t, instruction.Op1Register);
        int bitsLog2 = size switch { 8 => 6, 4 => 5, _ => 4 };
        a.MoveImmediate(HostRegister.Rcx, (ulong)bitsLog2);
        a.Sarx64(HostRegister.Rcx, HostRegister.R15, HostRegister.Rcx);
        HostAddress sum = new(HostRegister.R14, HostRegister.Rcx, bitsLog2 - 3);
        if (EffectiveAddress.IsNarrow(instruction, t.Mode))
        {
            a.Lea32(HostRegister.R14, sum);
        }
        else
        {
            a.Lea64(HostRegister.R14, sum);
        }

        EffectiveAddress.EmitSegmentOf(a, instruction, t.Mode);

        a.Store64(HostAddress.State(StateLayout.FormedAddress), HostRegister.R14);
        a.MoveImmediate(HostRegister.Rcx, (ulong)(64 - bitsLog2));
        a.Shlx64(HostRegister.R15, HostRegister.R15, HostRegister.Rcx);
        a.Shrx64(HostRegister.R15, HostRegister.R15, HostRegister.Rcx);
        a.Store64(HostAddress.State(StateLayout.Carried), HostRegister.R15);
    }

    /// <summary>R15 = the offset register, sign-extended.</summary>
    private static void LoadOffset(BlockTranslator t, Register register)
    {
        int guest = RegisterMap.NumberOf(register);
        HostRegister host = RegisterMap.HostOf(guest);
        if (host == HostRegister.None)
        {
            t.Assembler.Load64(HostRegister.R15, RegisterMap.StateOf(guest));
            host = HostRegister.R15;
        }

        switch (register.GetSize())
        {
            case 8 when host != HostRegister.R15: t.Assembler.Move64(HostRegister.R15, host); break;
            case 4: t.Assembler.MoveSignExtend32(HostRegister.R15, host); break;
            case 2: t.Assembler.MoveSignExtend16(HostRegister.R15, host); break;
        }
    }
}
