// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Emit;
using Iced.Intel;

namespace Domovoi.Cpu.Translate;

/// <summary>Instructions the translator makes up: loads and stores between memory and scratch registers.</summary>
internal static class Templates
{
    private static readonly MemoryOperand s_anywhere = new(Register.RAX);

    private static readonly Instruction s_load64 = Instruction.Create(Code.Mov_r64_rm64, Register.R14, s_anywhere);
    private static readonly Instruction s_load32 = Instruction.Create(Code.Mov_r32_rm32, Register.R14D, s_anywhere);
    private static readonly Instruction s_load16 = Instruction.Create(Code.Movzx_r32_rm16, Register.R14D, s_anywhere);
    private static readonly Instruction s_store64 = Instruction.Create(Code.Mov_rm64_r64, s_anywhere, Register.RCX);
    private static readonly Instruction s_store32 = Instruction.Create(Code.Mov_rm32_r32, s_anywhere, Register.ECX);
    private static readonly Instruction s_store16 = Instruction.Create(Code.Mov_rm16_r16, s_anywhere, Register.CX);
    private static readonly Instruction s_storeImmediate64 = Instruction.Create(Code.Mov_rm64_imm32, s_anywhere, 0);
    private static readonly Instruction s_stack64 = Instruction.Create(Code.Mov_r64_rm64, Register.RAX, new MemoryOperand(Register.RSP));
    private static readonly Instruction s_stack32 = Instruction.Create(Code.Mov_r32_rm32, Register.EAX, new MemoryOperand(Register.ESP));
    private static readonly Instruction s_frame64 = Instruction.Create(Code.Mov_r64_rm64, Register.RAX, new MemoryOperand(Register.RBP));
    private static readonly Instruction s_frame32 = Instruction.Create(Code.Mov_r32_rm32, Register.EAX, new MemoryOperand(Register.EBP));

    /// <summary>An instruction whose memory operand is [RSP] or [ESP].</summary>
    internal static Instruction StackOperand(bool is64Bit) => is64Bit ? s_stack64 : s_stack32;

    /// <summary>An instruction whose memory operand is [RBP] or [EBP].</summary>
    internal static Instruction FrameOperand(bool is64Bit) => is64Bit ? s_frame64 : s_frame32;

    /// <summary>Loads 2, 4 or 8 bytes, zero-extended, into a host register.</summary>
    internal static GuestOperation Load(HostRegister target, int size)
    {
        Instruction load = size switch { 8 => s_load64, 4 => s_load32, _ => s_load16 };
        load.Op0Register = (size == 8 ? Register.RAX : Register.EAX) + (int)target;
        return new GuestOperation { Instruction = load, MemoryOperand = 1 };
    }

    /// <summary>Stores a constant.</summary>
    internal static GuestOperation StoreImmediate(ulong value, int size)
    {
        if (size == 8 && (long)value == (int)value)
        {
            Instruction store = s_storeImmediate64;
            store.Immediate32 = (uint)value;
            return new GuestOperation { Instruction = store, MemoryOperand = 0 };
        }

        return new GuestOperation
        {
            Instruction = StoreOf(size),
            MemoryOperand = 0,
            Source = GuestOperation.CounterSource.Immediate,
            Immediate = value,
        };
    }

    /// <summary>Stores a guest address, or a constant of four bytes where that is the same.</summary>
    internal static GuestOperation StoreAddress(ulong address, int size) => size == 8 && (long)address == (int)address
        ? StoreImmediate(address, size)
        : new GuestOperation
        {
            Instruction = StoreOf(size),
            MemoryOperand = 0,
            Source = GuestOperation.CounterSource.GuestAddress,
            Immediate = address,
        };

    /// <summary>Stores the carried value.</summary>
    internal static GuestOperation StoreCarried(int size) => new()
    {
        Instruction = StoreOf(size),
        MemoryOperand = 0,
        Source = GuestOperation.CounterSource.Carried,
    };

    /// <summary>Stores a host register, or a guest register that lives in the state block through RCX.</summary>
    internal static GuestOperation StoreRegister(int guest, int size)
    {
        HostRegister host = RegisterMap.HostOf(guest);
        GuestOperation operation = new() { Instruction = StoreOf(size), MemoryOperand = 0 };
        if (host == HostRegister.None)
        {
            operation.Add(new(guest, HostRegister.Rcx, IsHighByte: false, StoresBack: false));
        }
        else
        {
            operation.Instruction.Op1Register = RegisterMap.Sized(host, operation.Instruction.Op1Register);
        }

        return operation;
    }

    private static Instruction StoreOf(int size) => size switch { 8 => s_store64, 4 => s_store32, _ => s_store16 };
}
