// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Emit;
using Domovoi.Cpu.State;
using Iced.Intel;

namespace Domovoi.Cpu.Translate;

/// <summary>Exchanges a guest instruction's registers for the host's and writes it.</summary>
internal sealed class OperationWriter(HostAssembler assembler, GuestEncoder encoder)
{
    private static readonly HostRegister[] s_scratch = [HostRegister.Rcx, HostRegister.R15, HostRegister.R14];

    /// <summary>Plans the exchange.</summary>
    /// <param name="memoryOperand">The operand that is memory and was checked, or -1.</param>
    internal static GuestOperation Plan(in Instruction guest, in Decode.CodeFacts facts, int memoryOperand)
    {
        GuestOperation operation = new() { Instruction = guest, MemoryOperand = memoryOperand };
        SetImplicitCounter(ref operation, guest);
        bool counterTaken = operation.ReadsCounter || operation.WritesCounter;
        if (memoryOperand < 0 && IsEncodableAsIs(guest))
        {
            return operation;
        }

        int next = counterTaken ? 1 : 0;
        for (int i = 0; i < guest.OpCount; i++)
        {
            if (guest.GetOpKind(i) != OpKind.Register)
            {
                continue;
            }

            Register register = guest.GetOpRegister(i);
            if (!register.IsGPR() || (counterTaken && IsFixedCounter(guest, i)))
            {
                continue;
            }

            int number = RegisterMap.NumberOf(register);
            bool high = RegisterMap.IsHighByte(register);
            HostRegister host = RegisterMap.HostOf(number);
            if (!high && host != HostRegister.None)
            {
                operation.Instruction.SetOpRegister(i, RegisterMap.Sized(host, register));
                continue;
            }

            if (!high && memoryOperand < 0 && operation.TransferCount == 0 && CanStayInState(guest, facts, i))
            {
                PointAtState(ref operation.Instruction, i, number);
                continue;
            }

            HostRegister scratch = s_scratch[next++];
            operation.FoldsAddress |= memoryOperand >= 0 && scratch == HostRegister.R15;
            bool loads = i > 0 || high || register.GetSize() < 4 || !IsPureMove(guest.Mnemonic);
            operation.Add(new(number, scratch, high, facts.Writes(i), loads));
            operation.Instruction.SetOpRegister(i, RegisterMap.Sized(scratch, high ? Register.AL : register));
        }

        return operation;
    }

    /// <summary>Writes the operation; its memory operand, if any, lies at <paramref name="address"/>, if any, plus R15, or another register, plus a displacement.</summary>
    internal void Write(in GuestOperation operation, HostRegister address, int displacement = 0, HostRegister delta = HostRegister.R15)
    {
        Instruction instruction = operation.Instruction;
        if (operation.MemoryOperand >= 0)
        {
            PlaceMemoryOperand(ref instruction, operation, address, displacement, Register.RAX + (int)delta);
        }

        // Operands that stay in another scratch register pass through ECX, so the one that ends in ECX comes last.
        for (int i = operation.TransferCount - 1; i >= 0; i--)
        {
            if (operation[i].Loads)
            {
                LoadOperand(operation[i]);
            }
        }

        if (operation.Source == GuestOperation.CounterSource.Immediate)
        {
            assembler.MoveImmediate(HostRegister.Rcx, operation.Immediate);
        }
        else if (operation.Source == GuestOperation.CounterSource.GuestAddress)
        {
            assembler.MoveGuestAddress(HostRegister.Rcx, operation.Immediate);
        }
        else if (operation.Source == GuestOperation.CounterSource.Carried)
        {
            assembler.Load64(HostRegister.Rcx, HostAddress.State(StateLayout.Carried));
        }
        else if (operation.ReadsCounter)
        {
            assembler.Move64(HostRegister.Rcx, RegisterMap.Counter);
        }

        if (operation.MasksComponents)
        {
            WriteMasked(instruction);
        }
        else
        {
            encoder.Write(instruction);
        }

        if (operation.WritesCounter)
        {
            assembler.Move64(RegisterMap.Counter, HostRegister.Rcx);
        }

        for (int i = 0; i < operation.TransferCount; i++)
        {
            if (!IsOverwritten(operation, i))
            {
                StoreOperand(operation[i]);
            }
        }
    }

    /// <summary>Whether the first operand is written whatever it held.</summary>
    private static bool IsPureMove(Mnemonic mnemonic) =>
        mnemonic is Mnemonic.Mov or Mnemonic.Movzx or Mnemonic.Movsx or Mnemonic.Movsxd;

    /// <summary>MULX r, r and XADD r, r name one register twice: the first operand is written last.</summary>
    private static bool IsOverwritten(in GuestOperation operation, int index)
    {
        for (int i = 0; i < index; i++)
        {
            if (operation[i].StoresBack && operation[i].Guest == operation[index].Guest)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether an instruction needs guest RCX in host RCX.</summary>
    internal static bool UsesCounter(Instruction guest)
    {
        GuestOperation operation = default;
        SetImplicitCounter(ref operation, guest);
        return operation.ReadsCounter || operation.WritesCounter;
    }

    private static void SetImplicitCounter(ref GuestOperation operation, in Instruction guest)
    {
        switch (guest.Mnemonic)
        {
            case Mnemonic.Shl or Mnemonic.Sal or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Rol or Mnemonic.Ror
                or Mnemonic.Rcl or Mnemonic.Rcr or Mnemonic.Shld or Mnemonic.Shrd:
                operation.ReadsCounter = IsFixedCounter(guest, guest.OpCount - 1);
                break;
            case Mnemonic.Cmpxchg8b or Mnemonic.Cmpxchg16b:
                operation.ReadsCounter = true;
                break;
            case Mnemonic.Pcmpestri or Mnemonic.Pcmpistri or Mnemonic.Vpcmpestri or Mnemonic.Vpcmpistri
                or Mnemonic.Pcmpestri64 or Mnemonic.Vpcmpestri64:
                operation.WritesCounter = true;
                break;
            default:
                operation.MasksComponents = operation.FoldsAddress = MasksComponents(guest.Mnemonic);
                break;
        }
    }

    internal static bool MasksComponents(Mnemonic mnemonic) => mnemonic is
        Mnemonic.Xsave or Mnemonic.Xsave64 or Mnemonic.Xsaveopt or Mnemonic.Xsaveopt64 or Mnemonic.Xsavec
        or Mnemonic.Xsavec64 or Mnemonic.Xrstor or Mnemonic.Xrstor64;

    /// <summary>Runs an instruction with EDX:EAX limited to the guest's XCR0, whose bits are contiguous from bit 0.</summary>
    private void WriteMasked(in Instruction instruction)
    {
        assembler.Store64(HostAddress.State(StateLayout.Spill), HostRegister.Rax);
        assembler.Store64(HostAddress.State(StateLayout.Carried), HostRegister.Rdx);
        if (HostProcessor.HasBmi2)
        {
            assembler.Pext64(HostRegister.Rax, HostRegister.Rax, HostAddress.State(StateLayout.Xcr0));
        }
        else
        {
            assembler.PushFlags();
            assembler.And32Immediate(HostRegister.Rax, (int)HostFeatures.XcrMask);
            assembler.PopFlags();
        }

        assembler.MoveImmediate(HostRegister.Rdx, 0);
        encoder.Write(instruction);
        assembler.Load64(HostRegister.Rax, HostAddress.State(StateLayout.Spill));
        assembler.Load64(HostRegister.Rdx, HostAddress.State(StateLayout.Carried));
    }

    private static bool IsFixedCounter(in Instruction guest, int operand) =>
        guest.GetOpKind(operand) == OpKind.Register && guest.GetOpRegister(operand) == Register.CL
        && guest.Code.ToOpCode().GetOpKind(operand) == OpCodeOperandKind.cl;

    /// <summary>High bytes need an encoding without REX; it does when every other operand can do without, too.</summary>
    private static bool IsEncodableAsIs(in Instruction guest)
    {
        bool anyHigh = false;
        for (int i = 0; i < guest.OpCount; i++)
        {
            if (guest.GetOpKind(i) != OpKind.Register)
            {
                continue;
            }

            Register register = guest.GetOpRegister(i);
            if (!register.IsGPR())
            {
                return false;
            }

            int number = RegisterMap.NumberOf(register);
            bool high = RegisterMap.IsHighByte(register);
            anyHigh |= high;
            if ((int)RegisterMap.HostOf(number) != number || register.GetSize() == 8
                || (register.GetSize() == 1 && !high && number > 3))
            {
                return false;
            }
        }

        return anyHigh;
    }

    /// <summary>Whether the one operand in the state block can be the instruction's memory operand.</summary>
    private static bool CanStayInState(in Instruction guest, in Decode.CodeFacts facts, int operand)
    {
        if (facts.ModRmOperand != operand || CountStateOperands(guest) != 1)
        {
            return false;
        }

        int size = guest.GetOpRegister(operand).GetSize();
        return facts.ModRmSize == size && !(size < 8 && facts.Writes(operand)) && guest.Mnemonic is not (
            Mnemonic.Xchg or Mnemonic.Xadd or Mnemonic.Cmpxchg or Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr
            or Mnemonic.Btc or Mnemonic.Nop);
    }

    private static int CountStateOperands(in Instruction guest)
    {
        int count = 0;
        for (int i = 0; i < guest.OpCount; i++)
        {
            if (guest.GetOpKind(i) == OpKind.Register && guest.GetOpRegister(i).IsGPR()
                && (RegisterMap.IsInMemory(RegisterMap.NumberOf(guest.GetOpRegister(i)))
                    || RegisterMap.IsHighByte(guest.GetOpRegister(i))))
            {
                count++;
            }
        }

        return count;
    }

    private static void PointAtState(ref Instruction instruction, int operand, int guest)
    {
        instruction.SetOpKind(operand, OpKind.Memory);
        int offset = StateLayout.Registers + (guest * 8);
        instruction.SegmentPrefix = Register.None;
        instruction.MemoryBase = Register.RSP;
        instruction.MemoryIndex = Register.None;
        instruction.MemoryIndexScale = 1;
        instruction.MemoryDisplSize = offset == 0 ? 0 : offset == (sbyte)offset ? 1 : 8;
        instruction.MemoryDisplacement64 = (ulong)offset;
    }

    private void PlaceMemoryOperand(
        ref Instruction instruction, in GuestOperation operation, HostRegister address, int displacement, Register delta)
    {
        instruction.SegmentPrefix = Register.None;
        instruction.MemoryDisplacement64 = operation.FoldsAddress ? 0 : (ulong)(long)displacement;
        instruction.MemoryDisplSize = operation.FoldsAddress || displacement == 0 ? 0 : displacement == (sbyte)displacement ? 1 : 8;
        instruction.MemoryIndexScale = 1;
        instruction.SetOpKind(operation.MemoryOperand, OpKind.Memory);
        if (operation.FoldsAddress)
        {
            assembler.Lea64(HostRegister.R14, address == HostRegister.None
                ? new HostAddress(HostRegister.R15, Displacement: displacement)
                : new HostAddress(address, HostRegister.R15, 0, displacement));
            instruction.MemoryBase = Register.R14;
            instruction.MemoryIndex = Register.None;
        }
        else if (address == HostRegister.None)
        {
            instruction.MemoryBase = delta;
            instruction.MemoryIndex = Register.None;
        }
        else
        {
            instruction.MemoryBase = Register.RAX + (int)address;
            instruction.MemoryIndex = delta;
        }
    }

    private void LoadOperand(in GuestOperation.Transfer transfer)
    {
        if (!transfer.IsHighByte)
        {
            assembler.Load64(transfer.Scratch, RegisterMap.StateOf(transfer.Guest));
            return;
        }

        if (transfer.Guest == 1)
        {
            assembler.Move32(HostRegister.Rcx, RegisterMap.Counter);
        }

        assembler.MoveHighByteToEcx(transfer.Guest);
        if (transfer.Scratch != HostRegister.Rcx)
        {
            assembler.Move32(transfer.Scratch, HostRegister.Rcx);
        }
    }

    private void StoreOperand(in GuestOperation.Transfer transfer)
    {
        if (!transfer.StoresBack)
        {
            return;
        }

        if (transfer.IsHighByte)
        {
            StoreHighByte(transfer);
            return;
        }

        // The whole register, of which the scratch register held all: the host does not forward a narrow store to a wider load.
        assembler.Store64(RegisterMap.StateOf(transfer.Guest), transfer.Scratch);
    }

    private void StoreHighByte(in GuestOperation.Transfer transfer)
    {
        if (transfer.Guest == 1)
        {
            assembler.Store64(HostAddress.State(StateLayout.Spill), RegisterMap.Counter);
            assembler.Store8(HostAddress.State(StateLayout.Spill + 1), transfer.Scratch);
            assembler.Load64(RegisterMap.Counter, HostAddress.State(StateLayout.Spill));
            return;
        }

        if (transfer.Scratch != HostRegister.Rcx)
        {
            assembler.Move32(HostRegister.Rcx, transfer.Scratch);
        }

        assembler.MoveClToHighByte(transfer.Guest);
    }
}
