// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Emit;
using Domovoi.Cpu.State;
using Iced.Intel;

namespace Domovoi.Cpu.Translate;

/// <summary>Near jumps, calls and returns, conditional branches and loops.</summary>
internal static class ControlFlow
{
    internal static void Register(OpcodeTable table)
    {
        table[Mnemonic.Jmp] = Jump;
        table[Mnemonic.Call] = Call;
        table[Mnemonic.Ret] = Return;
        table[Mnemonic.Syscall] = Syscall;
        foreach (Mnemonic mnemonic in (ReadOnlySpan<Mnemonic>)[
            Mnemonic.Jo, Mnemonic.Jno, Mnemonic.Jb, Mnemonic.Jae, Mnemonic.Je, Mnemonic.Jne, Mnemonic.Jbe, Mnemonic.Ja,
            Mnemonic.Js, Mnemonic.Jns, Mnemonic.Jp, Mnemonic.Jnp, Mnemonic.Jl, Mnemonic.Jge, Mnemonic.Jle, Mnemonic.Jg])
        {
            table[mnemonic] = ConditionalJump;
        }

        table[Mnemonic.Jcxz] = table[Mnemonic.Jecxz] = table[Mnemonic.Jrcxz] = JumpIfCounterZero;
        table[Mnemonic.Loop] = table[Mnemonic.Loope] = table[Mnemonic.Loopne] = Loop;
    }

    private static bool IsDirect(in Instruction instruction) =>
        instruction.Op0Kind is OpKind.NearBranch64 or OpKind.NearBranch32 or OpKind.NearBranch16;

    private static void Jump(BlockTranslator t, in Instruction instruction)
    {
        if (instruction.FlowControl is not (FlowControl.UnconditionalBranch or FlowControl.IndirectBranch)
            || instruction.IsJmpFar || instruction.IsJmpFarIndirect)
        {
            LeaveBlock(t, instruction);
            return;
        }

        t.FallsThrough = false;
        if (IsDirect(instruction))
        {
            t.Exits.EmitJump(instruction.IP, instruction.NearBranchTarget);
            return;
        }

        LoadTarget(t, instruction);
        t.Exits.EmitIndirectPoll();
    }

    private static void Call(BlockTranslator t, in Instruction instruction)
    {
        if (instruction.IsCallFar || instruction.IsCallFarIndirect)
        {
            LeaveBlock(t, instruction);
            return;
        }

        t.FallsThrough = false;
        int size = Math.Abs(instruction.StackPointerIncrement);
        GuestOperation push = Templates.StoreAddress(instruction.NextIP, size);
        if (push.Source != GuestOperation.CounterSource.GuestAddress)
        {
            t.Assembler.Relocations.Forbid();
        }

        if (IsDirect(instruction))
        {
            StackOperations.EmitPush(t, push, size);
            if (instruction.NearBranchTarget > instruction.IP && (t.Mode & CodeCache.ModeKey.SingleStep) == 0)
            {
                t.Exits.EmitPolledJump(instruction.NearBranchTarget);
            }
            else
            {
                t.Exits.EmitJump(instruction.IP, instruction.NearBranchTarget);
            }

            return;
        }

        LoadTarget(t, instruction);
        t.Assembler.Store64(HostAddress.State(StateLayout.Carried), HostRegister.R14);
        StackOperations.EmitPush(t, push, size);
        t.Assembler.Load64(HostRegister.R14, HostAddress.State(StateLayout.Carried));
        t.Exits.EmitIndirectPoll();
    }

    private static void Return(BlockTranslator t, in Instruction instruction)
    {
        t.FallsThrough = false;
        int size = instruction.Code switch
        {
            Code.Retnq or Code.Retnq_imm16 => 8,
            Code.Retnd or Code.Retnd_imm16 => 4,
            _ => 2,
        };
        StackOperations.EmitPeek(t, HostRegister.R14, size);
        int arguments = instruction.OpCount == 1 ? instruction.Immediate16 : 0;
        StackOperations.MoveStackPointer(t, size + arguments);
        t.Exits.EmitIndirectJump();
    }

    private static void ConditionalJump(BlockTranslator t, in Instruction instruction)
    {
        Condition condition = (Condition)(instruction.ConditionCode - ConditionCode.o);
        if (t.Block.FollowsTaken(t.Index))
        {
            t.Exits.EmitConditionalJump((Condition)((int)condition ^ 1), instruction.IP, instruction.NextIP);
            return;
        }

        if (t.LoopChecks.AreOutside && t.Index == t.Block.Count - 1)
        {
            t.LoopChecks.EmitTurn(condition, instruction.NearBranchTarget, t.Mode);
            return;
        }

        t.Exits.EmitConditionalJump(condition, instruction.IP, instruction.NearBranchTarget);
    }

    private static void JumpIfCounterZero(BlockTranslator t, in Instruction instruction)
    {
        LoadCounter(t, instruction.Mnemonic);
        nint zero = t.Assembler.JumpIfRcxZero8();
        nint other = t.Assembler.Jump32();
        t.Assembler.Bind8(zero);
        t.Exits.EmitJump(instruction.IP, instruction.NearBranchTarget);
        t.Assembler.Bind32(other);
    }

    private static void Loop(BlockTranslator t, in Instruction instruction)
    {
        bool wide = instruction.Code.ToString().Contains("RCX", StringComparison.Ordinal);
        if (!wide && instruction.Code.ToString().EndsWith("_CX", StringComparison.Ordinal))
        {
            LeaveBlock(t, instruction);
            return;
        }

        HostAddress less = new(RegisterMap.Counter, Displacement: -1);
        if (wide)
        {
            t.Assembler.Lea64(RegisterMap.Counter, less);
        }
        else
        {
            t.Assembler.Lea32(RegisterMap.Counter, less);
        }

        t.Assembler.Move64(HostRegister.Rcx, RegisterMap.Counter);
        nint done = t.Assembler.JumpIfRcxZero8();
        nint skip = instruction.Mnemonic switch
        {
            Mnemonic.Loope => t.Assembler.JumpIf8(Condition.NotEqual),
            Mnemonic.Loopne => t.Assembler.JumpIf8(Condition.Equal),
            _ => 0,
        };
        t.Exits.EmitJump(instruction.IP, instruction.NearBranchTarget);
        t.Assembler.Bind8(done);
        if (skip != 0)
        {
            t.Assembler.Bind8(skip);
        }
    }

    private static void LoadCounter(BlockTranslator t, Mnemonic mnemonic)
    {
        if (mnemonic == Mnemonic.Jrcxz)
        {
            t.Assembler.Move64(HostRegister.Rcx, RegisterMap.Counter);
        }
        else if (mnemonic == Mnemonic.Jecxz)
        {
            t.Assembler.Move32(HostRegister.Rcx, RegisterMap.Counter);
        }
        else
        {
            // MOVZX ECX, R13W
            t.Assembler.Byte(0x41);
            t.Assembler.Byte(0x0F);
            t.Assembler.Byte(0xB7);
            t.Assembler.Byte(0xCD);
        }
    }

    /// <summary>R14 = the target of an indirect branch.</summary>
    private static void LoadTarget(BlockTranslator t, in Instruction instruction)
    {
        if (instruction.Op0Kind == OpKind.Memory)
        {
            int size = instruction.MemorySize.GetSize();
            t.EmitAccess(instruction, Templates.Load(HostRegister.R14, size), size, write: false);
            return;
        }

        int guest = RegisterMap.NumberOf(instruction.Op0Register);
        HostRegister host = RegisterMap.HostOf(guest);
        if (host == HostRegister.None)
        {
            t.Assembler.Load64(HostRegister.R14, RegisterMap.StateOf(guest));
            host = HostRegister.R14;
        }

        switch (instruction.Op0Register.GetSize())
        {
            case 8 when host != HostRegister.R14: t.Assembler.Move64(HostRegister.R14, host); break;
            case 4: t.Assembler.Move32(HostRegister.R14, host); break;
            case 2: t.Assembler.MoveZeroExtend16(HostRegister.R14, host); break;
        }
    }

    /// <summary>The commonest exit of all has a way of its own: nothing is decoded again.</summary>
    private static void Syscall(BlockTranslator t, in Instruction instruction)
    {
        if (!t.Is64Bit)
        {
            LeaveBlock(t, instruction);
            return;
        }

        t.Assembler.Leave(t.Exits.Thunks.Syscall);
        t.Assembler.GuestAddress(instruction.NextIP);
        t.FallsThrough = false;
    }

    internal static void LeaveBlock(BlockTranslator t, in Instruction instruction)
    {
        t.EmitSlow(instruction);
        t.FallsThrough = false;
    }
}
