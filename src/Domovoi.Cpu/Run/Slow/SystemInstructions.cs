// SPDX-License-Identifier: MIT
using Domovoi.Cpu.State;
using Iced.Intel;

namespace Domovoi.Cpu.Run.Slow;

/// <summary>Describes instructions that only the machine's owner can carry out, and writes back their results.</summary>
internal sealed unsafe class SystemInstructions(VirtualCpu cpu)
{
    private readonly CpuState* _state = (CpuState*)cpu.Block;

    /// <summary>The exit of an instruction, less <see cref="ExitDetails.NextRip"/>.</summary>
    internal ExitDetails Describe(in Instruction instruction)
    {
        if (instruction.IsInvalid)
        {
            return Fault(6, hasErrorCode: false);
        }

        switch (instruction.Mnemonic)
        {
            case Mnemonic.Int:
                return Interrupt(instruction.Immediate8);
            case Mnemonic.Int3:
                return Interrupt(3);
            case Mnemonic.Int1:
                return Interrupt(1) with { IsInt1 = true };
            case Mnemonic.Into:
                return (_state->Rflags & ArithmeticFlags.Overflow) != 0 ? Interrupt(4) : Privileged(PrivilegedOperation.Other);
            case Mnemonic.Syscall:
                return new ExitDetails { Reason = ExitReason.Syscall };
            case Mnemonic.Sysenter:
                return new ExitDetails { Reason = ExitReason.Sysenter };
            case Mnemonic.Mov:
                return DescribeMove(instruction);
            case Mnemonic.Pop:
                return DescribePop(instruction);
            case Mnemonic.In or Mnemonic.Insb or Mnemonic.Insw or Mnemonic.Insd:
                return DescribePort(instruction, PrivilegedOperation.PortIn, write: false);
            case Mnemonic.Out or Mnemonic.Outsb or Mnemonic.Outsw or Mnemonic.Outsd:
                return DescribePort(instruction, PrivilegedOperation.PortOut, write: true);
            case Mnemonic.Jmp:
                return DescribeFar(instruction, PrivilegedOperation.FarJump);
            case Mnemonic.Call:
                return DescribeFar(instruction, PrivilegedOperation.FarCall);
            case Mnemonic.Lss or Mnemonic.Lfs or Mnemonic.Lgs or Mnemonic.Les or Mnemonic.Lds:
                return DescribeFar(instruction, PrivilegedOperation.LoadFarPointer) with { Number = SegmentOf(instruction) };
            case Mnemonic.Lar:
                return DescribeSelectorOperand(instruction, PrivilegedOperation.LoadAccessRights, 1);
            case Mnemonic.Lsl:
                return DescribeSelectorOperand(instruction, PrivilegedOperation.LoadSegmentLimit, 1);
            case Mnemonic.Verr:
                return DescribeSelectorOperand(instruction, PrivilegedOperation.VerifyRead, 0);
            case Mnemonic.Verw:
                return DescribeSelectorOperand(instruction, PrivilegedOperation.VerifyWrite, 0);
            case Mnemonic.Lmsw:
                return DescribeSelectorOperand(instruction, PrivilegedOperation.LoadMachineStatus, 0);
            case Mnemonic.Retf:
                return Privileged(PrivilegedOperation.FarReturn) with
                {
                    Value = instruction.OpCount == 1 ? instruction.Immediate16 : 0UL,
                    Size = FarReturnSize(instruction.Code),
                };
            case Mnemonic.Iret or Mnemonic.Iretd or Mnemonic.Iretq:
                return Privileged(PrivilegedOperation.InterruptReturn) with
                {
                    Size = instruction.Mnemonic switch { Mnemonic.Iretq => 8, Mnemonic.Iretd => 4, _ => 2 },
                };
            default:
                return DescribePlain(instruction);
        }
    }

    /// <summary>Writes the destination operand of an instruction that left.</summary>
    internal void Complete(in Instruction instruction, ulong result)
    {
        if (instruction.Mnemonic is Mnemonic.In)
        {
            GuestRegisters.Write(_state, instruction.Op0Register, result);
        }
        else if (instruction.OpCount > 0 && instruction.Op0Kind == OpKind.Register)
        {
            GuestRegisters.Write(_state, instruction.Op0Register, result);
        }
        else if (instruction.OpCount > 0 && instruction.Op0Kind == OpKind.Memory)
        {
            _ = cpu.Linear.TryWrite(
                GuestRegisters.LinearAddress(_state, instruction), new ReadOnlySpan<byte>(&result, sizeof(ushort)));
        }
    }

    private ExitDetails DescribePlain(in Instruction instruction)
    {
        ulong counter = (uint)_state->Rcx;
        ulong pair = (_state->Rdx << 32) | (uint)_state->Rax;
        PrivilegedOperation operation = instruction.Mnemonic switch
        {
            Mnemonic.Cpuid => PrivilegedOperation.Cpuid,
            Mnemonic.Rdtsc or Mnemonic.Rdtscp => PrivilegedOperation.ReadTimeStamp,
            Mnemonic.Rdpmc => PrivilegedOperation.ReadPerformanceCounter,
            Mnemonic.Rdmsr => PrivilegedOperation.ReadMsr,
            Mnemonic.Wrmsr => PrivilegedOperation.WriteMsr,
            Mnemonic.Xsetbv => PrivilegedOperation.WriteExtendedControl,
            Mnemonic.Xgetbv => PrivilegedOperation.ReadExtendedControl,
            Mnemonic.Clts => PrivilegedOperation.ClearTaskSwitched,
            Mnemonic.Smsw => PrivilegedOperation.StoreMachineStatus,
            Mnemonic.Cli => PrivilegedOperation.ClearInterruptFlag,
            Mnemonic.Sti => PrivilegedOperation.SetInterruptFlag,
            Mnemonic.Hlt => PrivilegedOperation.Halt,
            Mnemonic.Sysret or Mnemonic.Sysretq => PrivilegedOperation.Sysret,
            Mnemonic.Swapgs => PrivilegedOperation.SwapGs,
            Mnemonic.Sgdt => PrivilegedOperation.StoreGlobalDescriptorTable,
            Mnemonic.Sidt => PrivilegedOperation.StoreInterruptDescriptorTable,
            Mnemonic.Sldt => PrivilegedOperation.StoreLocalDescriptorTable,
            Mnemonic.Str => PrivilegedOperation.StoreTaskRegister,
            Mnemonic.Lgdt or Mnemonic.Lidt or Mnemonic.Lldt or Mnemonic.Ltr => PrivilegedOperation.LoadDescriptorTable,
            Mnemonic.Invlpg => PrivilegedOperation.InvalidatePage,
            Mnemonic.Wbinvd or Mnemonic.Invd or Mnemonic.Wbnoinvd => PrivilegedOperation.WriteBackCaches,
            _ => PrivilegedOperation.Other,
        };
        if (operation == PrivilegedOperation.Other)
        {
            return FaultOfOther(instruction);
        }

        return Privileged(operation) with
        {
            Number = (uint)counter,
            Value = pair,
            FaultAddress = HasMemory(instruction) ? GuestRegisters.LinearAddress(_state, instruction) : 0,
        };
    }

    /// <summary>#NM where CR0.TS is set, #GP for a bad segment base, #UD for what this processor does not have.</summary>
    private ExitDetails FaultOfOther(in Instruction instruction)
    {
        if (instruction.Mnemonic is Mnemonic.Wrfsbase or Mnemonic.Wrgsbase && !cpu.FsGsBaseDisabled)
        {
            return Fault(13, hasErrorCode: true);
        }

        return Fault(cpu.TaskSwitched && Translate.TranslatedFeatures.Includes(instruction.Code) ? (byte)7 : (byte)6, false);
    }

    private ExitDetails DescribeMove(in Instruction instruction)
    {
        if (instruction.Op0Kind == OpKind.Register && instruction.Op0Register.IsSegmentRegister())
        {
            return DescribeSelectorOperand(instruction, PrivilegedOperation.LoadSegment, 1) with
            {
                Number = (uint)(instruction.Op0Register - Register.ES),
            };
        }

        bool toSystem = !instruction.Op0Register.IsGPR();
        Register system = toSystem ? instruction.Op0Register : instruction.Op1Register;
        bool control = system.IsCR();
        if (!control && !system.IsDR())
        {
            return Fault(6, hasErrorCode: false);
        }

        PrivilegedOperation operation = (toSystem, control) switch
        {
            (true, true) => PrivilegedOperation.WriteControl,
            (true, false) => PrivilegedOperation.WriteDebug,
            (false, true) => PrivilegedOperation.ReadControl,
            _ => PrivilegedOperation.ReadDebug,
        };
        return Privileged(operation) with
        {
            Number = (uint)(system - (control ? Register.CR0 : Register.DR0)),
            Value = toSystem ? GuestRegisters.Read(_state, instruction.Op1Register) : 0,
        };
    }

    private ExitDetails DescribePop(in Instruction instruction)
    {
        int size = instruction.StackPointerIncrement;
        ulong value = 0;
        if (!cpu.Linear.TryRead(
            GuestRegisters.AddSegment(_state, Register.SS, _state->Rsp), new Span<byte>(&value, size)))
        {
            return MemoryFault();
        }

        return Privileged(PrivilegedOperation.LoadSegment) with
        {
            Number = (uint)(instruction.Op0Register - Register.ES),
            Value = (ushort)value,
            Size = (byte)size,
            IsString = true,
        };
    }

    private ExitDetails DescribePort(in Instruction instruction, PrivilegedOperation operation, bool write)
    {
        bool text = instruction.IsStringInstruction;
        int portOperand = write ? 0 : 1;
        bool immediate = !text && instruction.GetOpKind(portOperand) == OpKind.Immediate8;
        int size = text ? instruction.MemorySize.GetSize() : instruction.GetOpRegister(1 - portOperand).GetSize();
        return Privileged(operation) with
        {
            Number = immediate ? instruction.Immediate8 : (uint)(ushort)_state->Rdx,
            Value = _state->Rax & GuestRegisters.Mask(size),
            Size = (byte)size,
            IsString = text,
        };
    }

    /// <summary>A far pointer operand: an immediate, or offset and selector in memory.</summary>
    private ExitDetails DescribeFar(in Instruction instruction, PrivilegedOperation operation)
    {
        int pointer = operation == PrivilegedOperation.LoadFarPointer ? 1 : 0;
        if (instruction.GetOpKind(pointer) is OpKind.FarBranch16 or OpKind.FarBranch32)
        {
            bool wide = instruction.GetOpKind(pointer) == OpKind.FarBranch32;
            return Privileged(operation) with
            {
                Selector = instruction.FarBranchSelector,
                Value = wide ? instruction.FarBranch32 : instruction.FarBranch16,
                Size = wide ? (byte)4 : (byte)2,
            };
        }

        // AMD's processors ignore REX.W here: the offset in memory has four bytes (APM 3, "JMP (Far)", "CALL (Far)").
        int size = instruction.MemorySize.GetSize() - sizeof(ushort);
        size = HostProcessor.IsAmd ? Math.Min(size, sizeof(uint)) : size;
        ulong linear = GuestRegisters.LinearAddress(_state, instruction);
        ulong offset = 0;
        ushort selector = 0;
        if (!cpu.Linear.TryRead(linear, new Span<byte>(&offset, size))
            || !cpu.Linear.TryRead(linear + (ulong)size, new Span<byte>(&selector, sizeof(ushort))))
        {
            return MemoryFault();
        }

        return Privileged(operation) with { Selector = selector, Value = offset, Size = (byte)size };
    }

    private ExitDetails DescribeSelectorOperand(in Instruction instruction, PrivilegedOperation operation, int operand)
    {
        ushort selector = 0;
        if (instruction.GetOpKind(operand) == OpKind.Register)
        {
            selector = (ushort)GuestRegisters.Read(_state, instruction.GetOpRegister(operand));
        }
        else if (!cpu.Linear.TryRead(
            GuestRegisters.LinearAddress(_state, instruction), new Span<byte>(&selector, sizeof(ushort))))
        {
            return MemoryFault();
        }

        return Privileged(operation) with { Value = selector };
    }

    private static uint SegmentOf(in Instruction instruction) => instruction.Mnemonic switch
    {
        Mnemonic.Les => 0,
        Mnemonic.Lss => 2,
        Mnemonic.Lds => 3,
        Mnemonic.Lfs => 4,
        _ => 5,
    };

    private static byte FarReturnSize(Code code) => code switch
    {
        Code.Retfq or Code.Retfq_imm16 => 8,
        Code.Retfd or Code.Retfd_imm16 => 4,
        _ => 2,
    };

    private static bool HasMemory(in Instruction instruction) =>
        instruction.OpCount > 0 && instruction.Op0Kind == OpKind.Memory;

    private static ExitDetails Privileged(PrivilegedOperation operation) =>
        new() { Reason = ExitReason.Privileged, Operation = operation };

    private static ExitDetails Interrupt(byte vector) =>
        new() { Reason = ExitReason.SoftwareInterrupt, Vector = vector };

    private static ExitDetails Fault(byte vector, bool hasErrorCode) =>
        new() { Reason = ExitReason.Exception, Vector = vector, HasErrorCode = hasErrorCode };

    private ExitDetails MemoryFault() => Mmu.PageWalker.IsCanonical(cpu.Linear.FaultAddress)
        ? Fault(14, hasErrorCode: true) with
        {
            ErrorCode = (uint)cpu.Linear.Fault,
            FaultAddress = cpu.Linear.FaultAddress,
        }
        : Fault(13, hasErrorCode: true);
}
