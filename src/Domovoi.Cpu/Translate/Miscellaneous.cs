// SPDX-License-Identifier: MIT
using Domovoi.Cpu.CodeCache;
using Domovoi.Cpu.Emit;
using Domovoi.Cpu.State;
using Iced.Intel;

namespace Domovoi.Cpu.Translate;

/// <summary>Hints, direction flag, time stamp, and what else has a short form of its own.</summary>
internal static class Miscellaneous
{
    internal static void Register(OpcodeTable table)
    {
        foreach (Mnemonic hint in (ReadOnlySpan<Mnemonic>)[
            Mnemonic.Nop, Mnemonic.Endbr64, Mnemonic.Endbr32, Mnemonic.Prefetchnta, Mnemonic.Prefetcht0,
            Mnemonic.Prefetcht1, Mnemonic.Prefetcht2, Mnemonic.Prefetchw, Mnemonic.Prefetch, Mnemonic.Prefetchwt1,
            Mnemonic.Reservednop, Mnemonic.Rdsspd, Mnemonic.Rdsspq, Mnemonic.Cldemote, Mnemonic.Prefetchit0,
            Mnemonic.Prefetchit1, Mnemonic.Bndmk, Mnemonic.Bndcl, Mnemonic.Bndcu, Mnemonic.Bndcn, Mnemonic.Bndmov,
            Mnemonic.Bndldx, Mnemonic.Bndstx])
        {
            table[hint] = static (BlockTranslator _, in Instruction _) => { };
        }

        table[Mnemonic.Pause] = Pause;
        table[Mnemonic.Cld] = ClearDirection;
        table[Mnemonic.Rdtsc] = ReadTimeStamp;
        table[Mnemonic.Rdtscp] = ReadTimeStampAndProcessor;
        table[Mnemonic.Rdpid] = static (BlockTranslator t, in Instruction i) => ReadState32(t, i, StateLayout.TscAux);
    }

    private static void ClearDirection(BlockTranslator t, in Instruction instruction)
    {
        if ((t.Mode & ModeKey.Backwards) != 0)
        {
            ControlFlow.LeaveBlock(t, instruction);
        }
    }

    /// <summary>A processor that spins may wait for one that the host is not running: from time to time the host may choose.</summary>
    private static void Pause(BlockTranslator t, in Instruction instruction)
    {
        t.Encoder.Write(instruction);
        t.Assembler.Load32(HostRegister.Rcx, HostAddress.State(StateLayout.PausesLeft));
        t.Assembler.Lea32(HostRegister.Rcx, new HostAddress(HostRegister.Rcx, Displacement: -1));
        t.Assembler.Store32(HostAddress.State(StateLayout.PausesLeft), HostRegister.Rcx);
        nint spent = t.Assembler.JumpIfRcxZero8();
        nint over = t.Assembler.Jump32();
        t.Assembler.Bind8(spent);
        t.EmitSlow(instruction);
        t.Assembler.Bind32(over);
    }

    private static void ReadTimeStamp(BlockTranslator t, in Instruction instruction)
    {
        if ((t.Mode & ModeKey.TimeStampDisabled) != 0)
        {
            ControlFlow.LeaveBlock(t, instruction);
            return;
        }

        t.Encoder.Write(instruction);
    }

    private static void ReadTimeStampAndProcessor(BlockTranslator t, in Instruction instruction)
    {
        ReadTimeStamp(t, instruction);
        if (t.FallsThrough)
        {
            t.Assembler.Load32(RegisterMap.Counter, HostAddress.State(StateLayout.TscAux));
        }
    }

    private static void ReadState32(BlockTranslator t, in Instruction instruction, int offset)
    {
        t.Assembler.Load32(HostRegister.Rcx, HostAddress.State(offset));
        int guest = RegisterMap.NumberOf(instruction.Op0Register);
        if (RegisterMap.IsInMemory(guest))
        {
            t.Assembler.Store64(RegisterMap.StateOf(guest), HostRegister.Rcx);
        }
        else
        {
            t.Assembler.Move64(RegisterMap.HostOf(guest), HostRegister.Rcx);
        }
    }
}
