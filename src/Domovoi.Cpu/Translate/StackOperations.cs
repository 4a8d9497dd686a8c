// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Emit;
using Domovoi.Cpu.State;
using Iced.Intel;

namespace Domovoi.Cpu.Translate;

/// <summary>PUSH, POP and LEAVE. The stack pointer moves after the access, so that a fault finds it unmoved.</summary>
internal static class StackOperations
{
    private const int RspNumber = 4;
    private const int RbpNumber = 5;

    internal static void Register(OpcodeTable table)
    {
        table[Mnemonic.Push] = Push;
        table[Mnemonic.Pop] = Pop;
        table[Mnemonic.Pushfq] = PushFlags;
        table[Mnemonic.Leave] = Leave;
    }

    /// <summary>Emits a store at the new top of the stack and moves the stack pointer there.</summary>
    internal static void EmitPush(BlockTranslator t, in GuestOperation store, int size)
    {
        EffectiveAddress top = EffectiveAddress.Of(Templates.StackOperand(t.Is64Bit), t.Mode, -size);
        t.EmitAccess(top, store, size, write: true);
        MoveStackPointer(t, -size);
    }

    /// <summary>Emits a load from the top of the stack; the stack pointer stays.</summary>
    internal static void EmitPeek(BlockTranslator t, HostRegister target, int size) =>
        t.EmitAccess(
            EffectiveAddress.Of(Templates.StackOperand(t.Is64Bit), t.Mode), Templates.Load(target, size), size, write: false);

    internal static void MoveStackPointer(BlockTranslator t, int distance)
    {
        HostAddress target = new(RegisterMap.StackPointer, Displacement: distance);
        if (t.Is64Bit)
        {
            t.Assembler.Lea64(RegisterMap.StackPointer, target);
        }
        else
        {
            t.Assembler.Lea32(RegisterMap.StackPointer, target);
        }
    }

    private static int OperandSize(in Instruction instruction) => Math.Abs(instruction.StackPointerIncrement);

    private static void Push(BlockTranslator t, in Instruction instruction)
    {
        int size = OperandSize(instruction);
        if (instruction.Op0Kind == OpKind.Register)
        {
            EmitPush(t, Templates.StoreRegister(RegisterMap.NumberOf(instruction.Op0Register), size), size);
        }
        else if (instruction.Op0Kind == OpKind.Memory)
        {
            t.EmitAccess(instruction, Templates.Load(HostRegister.Rcx, size), size, write: false);
            t.Assembler.Store64(HostAddress.State(StateLayout.Carried), HostRegister.Rcx);
            EmitPush(t, Templates.StoreCarried(size), size);
        }
        else
        {
            EmitPush(t, Templates.StoreImmediate(instruction.GetImmediate(0), size), size);
        }
    }

    /// <summary>The guest's arithmetic flags are the host's; the others are in the state block. VM and RF are stored as 0 and IF as 1.</summary>
    private static void PushFlags(BlockTranslator t, in Instruction instruction)
    {
        HostAddress arithmetic = HostAddress.State(StateLayout.PushedArithmetic);
        HostAddress system = HostAddress.State(StateLayout.PushedSystem);
        t.Assembler.PushFlags();
        t.Assembler.Pop(HostRegister.Rcx);
        t.Assembler.Pext64(HostRegister.Rcx, HostRegister.Rcx, arithmetic);
        t.Assembler.Pdep64(HostRegister.Rcx, HostRegister.Rcx, arithmetic);
        t.Assembler.Load64(HostRegister.R14, HostAddress.State(StateLayout.SystemFlags));
        t.Assembler.Pext64(HostRegister.R14, HostRegister.R14, system);
        t.Assembler.Pdep64(HostRegister.R14, HostRegister.R14, system);
        t.Assembler.Lea64(HostRegister.Rcx, new HostAddress(HostRegister.Rcx, HostRegister.R14, 0, CpuState.FlagsAlwaysSet));
        t.Assembler.Store64(HostAddress.State(StateLayout.Carried), HostRegister.Rcx);
        int size = OperandSize(instruction);
        EmitPush(t, Templates.StoreCarried(size), size);
    }

    private static void Pop(BlockTranslator t, in Instruction instruction)
    {
        int size = OperandSize(instruction);
        if (instruction.Op0Kind == OpKind.Memory)
        {
            PopToMemory(t, instruction, size);
            return;
        }

        int guest = RegisterMap.NumberOf(instruction.Op0Register);
        HostRegister host = RegisterMap.HostOf(guest);
        if (host != HostRegister.None && size != 2 && guest != RspNumber)
        {
            EmitPeek(t, host, size);
            MoveStackPointer(t, size);
            return;
        }

        EmitPeek(t, HostRegister.Rcx, size);
        MoveStackPointer(t, size);
        if (host == HostRegister.None)
        {
            StoreToState(t, guest, size);
        }
        else if (size == 2)
        {
            t.Assembler.Move16(host, HostRegister.Rcx);
        }
        else
        {
            t.Assembler.Move64(host, HostRegister.Rcx);
        }
    }

    private static void StoreToState(BlockTranslator t, int guest, int size)
    {
        if (size == 2)
        {
            t.Assembler.Store16(RegisterMap.StateOf(guest), HostRegister.Rcx);
        }
        else
        {
            t.Assembler.Store64(RegisterMap.StateOf(guest), HostRegister.Rcx);
        }
    }

    private static void PopToMemory(BlockTranslator t, in Instruction instruction, int size)
    {
        EmitPeek(t, HostRegister.Rcx, size);
        t.Assembler.Store64(HostAddress.State(StateLayout.Carried), HostRegister.Rcx);

        // The address is formed with the stack pointer as it is behind the pop (SDM 2B, POP).
        bool fromStack = instruction.MemoryBase.IsGPR() && RegisterMap.NumberOf(instruction.MemoryBase) == RspNumber;
        t.EmitAccess(instruction, Templates.StoreCarried(size), size, write: true, fromStack ? size : 0);
        MoveStackPointer(t, size);
    }

    private static void Leave(BlockTranslator t, in Instruction instruction)
    {
        int size = instruction.Code switch { Code.Leaveq => 8, Code.Leaved => 4, _ => 2 };
        EffectiveAddress frame = EffectiveAddress.Of(Templates.FrameOperand(t.Is64Bit), t.Mode);
        t.EmitAccess(frame, Templates.Load(HostRegister.Rcx, size), size, write: false);
        HostRegister rbp = RegisterMap.HostOf(RbpNumber);
        HostAddress above = new(rbp, Displacement: size);
        if (t.Is64Bit)
        {
            t.Assembler.Lea64(RegisterMap.StackPointer, above);
        }
        else
        {
            t.Assembler.Lea32(RegisterMap.StackPointer, above);
        }

        if (size == 2)
        {
            t.Assembler.Move16(rbp, HostRegister.Rcx);
        }
        else
        {
            t.Assembler.Move64(rbp, HostRegister.Rcx);
        }
    }
}
