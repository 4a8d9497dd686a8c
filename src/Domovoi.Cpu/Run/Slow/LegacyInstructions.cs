// SPDX-License-Identifier: MIT
using Domovoi.Cpu.State;
using Iced.Intel;

namespace Domovoi.Cpu.Run.Slow;

/// <summary>PUSHF, POPF, PAUSE, ENTER, segment register reads, XGETBV, STD, WRFSBASE, and bit tests on hosts without BMI2.</summary>
internal sealed unsafe class LegacyInstructions(VirtualCpu cpu)
{
    /// <summary>CF PF AF ZF SF TF DF OF NT AC ID: what POPF may change at CPL 3 with IOPL 0; IF is ignored there.</summary>
    private const ulong PopfMask = 0x24_4DD5;
    private const ulong ResumeFlag = 0x1_0000;
    private const ulong InterruptFlag = 0x200;

    private readonly CpuState* _state = (CpuState*)cpu.Block;

    internal Outcome? TryExecute(in Instruction instruction)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Pushf or Mnemonic.Pushfd or Mnemonic.Pushfq:
                return Push(ImageOfFlags(), -instruction.StackPointerIncrement) ? Outcome.Continue : Outcome.Leave;
            case Mnemonic.Popf or Mnemonic.Popfd or Mnemonic.Popfq:
                return PopFlags(instruction.StackPointerIncrement);
            case Mnemonic.Enter:
                return Enter(instruction);
            case Mnemonic.Mov when instruction.Op1Kind == OpKind.Register && instruction.Op1Register.IsSegmentRegister():
                return StoreSelector(instruction);
            case Mnemonic.Push when instruction.Op0Kind == OpKind.Register && instruction.Op0Register.IsSegmentRegister():
                return Push(Selector(instruction.Op0Register), -instruction.StackPointerIncrement)
                    ? Outcome.Continue
                    : Outcome.Leave;
            case Mnemonic.Xgetbv when (uint)_state->Rcx <= 1:
                _state->Rax = _state->Xcr0;
                _state->Rdx = 0;
                return Outcome.Continue;
            case Mnemonic.Pause:
                _state->PausesLeft = CpuState.PausesBetweenYields;
                Thread.Yield();
                return Outcome.Continue;
            case Mnemonic.Std:
                _state->SystemFlags |= 0x400;
                return Outcome.Redirect;
            case Mnemonic.Cld:
                _state->SystemFlags &= ~0x400UL;
                return Outcome.Redirect;
            case Mnemonic.Rdfsbase or Mnemonic.Rdgsbase or Mnemonic.Wrfsbase or Mnemonic.Wrgsbase when cpu.FsGsBaseDisabled:
                return null;
            case Mnemonic.Rdfsbase:
                GuestRegisters.Write(_state, instruction.Op0Register, _state->FsBase);
                return Outcome.Continue;
            case Mnemonic.Rdgsbase:
                GuestRegisters.Write(_state, instruction.Op0Register, _state->GsBase);
                return Outcome.Continue;
            case Mnemonic.Wrfsbase or Mnemonic.Wrgsbase:
                return WriteSegmentBase(instruction);
            case Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc:
                return TestBit(instruction);
            default:
                return null;
        }
    }

    private ushort Selector(Register register) => register switch
    {
        Register.ES => _state->Es,
        Register.CS => _state->Cs,
        Register.SS => _state->Ss,
        Register.DS => _state->Ds,
        Register.FS => _state->Fs,
        _ => _state->Gs,
    };

    /// <summary>RFLAGS as PUSHF stores it: VM and RF clear.</summary>
    private ulong ImageOfFlags() => (_state->Rflags & ~ResumeFlag & 0x00FC_FFFF) | InterruptFlag;

    private bool Push(ulong value, int size)
    {
        ulong top = (_state->Rsp - (ulong)size) & StackMask();
        if (!cpu.Linear.TryWrite(GuestRegisters.AddSegment(_state, Register.SS, top), new ReadOnlySpan<byte>(&value, size)))
        {
            return false;
        }

        _state->Rsp = top;
        return true;
    }

    private bool TryPeek(ulong offset, int size, out ulong value)
    {
        ulong read = 0;
        bool succeeded = cpu.Linear.TryRead(
            GuestRegisters.AddSegment(_state, Register.SS, offset & StackMask()), new Span<byte>(&read, size));
        value = read;
        return succeeded;
    }

    private ulong StackMask() => _state->LongMode ? ulong.MaxValue : uint.MaxValue;

    private Outcome PopFlags(int size)
    {
        if (!TryPeek(_state->Rsp, size, out ulong image))
        {
            return Outcome.Leave;
        }

        ulong mask = PopfMask & GuestRegisters.Mask(size);
        _state->Rsp = (_state->Rsp + (ulong)size) & StackMask();
        _state->Rflags = (_state->Rflags & ~mask & ~ResumeFlag) | (image & mask);
        return Outcome.Redirect;
    }

    private Outcome Enter(in Instruction instruction)
    {
        int size = instruction.Code switch { Code.Enterq_imm16_imm8 => 8, Code.Enterd_imm16_imm8 => 4, _ => 2 };
        int level = instruction.Immediate8_2nd & 31;
        ulong rsp = (_state->Rsp - (ulong)size) & StackMask();
        ulong frame = rsp;
        int count = level == 0 ? 1 : level + 1;
        for (int i = 0; i < count; i++)
        {
            ulong value = i == 0 ? _state->Rbp : frame;
            if (i > 0 && i < level && !TryPeek(_state->Rbp - (ulong)(i * size), size, out value))
            {
                return Outcome.Leave;
            }

            ulong at = GuestRegisters.AddSegment(_state, Register.SS, (frame - (ulong)(i * size)) & StackMask());
            if (!cpu.Linear.TryWrite(at, new ReadOnlySpan<byte>(&value, size)))
            {
                return Outcome.Leave;
            }
        }

        ulong top = (frame - (ulong)((count - 1) * size) - instruction.Immediate16) & StackMask();

        // The processor touches the new top of the stack, so that a bad frame faults here, SDM 2A "ENTER".
        if (cpu.Linear.HostAddressOf(GuestRegisters.AddSegment(_state, Register.SS, top), 1, write: true) == 0)
        {
            return Outcome.Leave;
        }

        _state->Rbp = size == 2 ? (_state->Rbp & ~0xFFFFUL) | (frame & 0xFFFF) : frame;
        _state->Rsp = top;
        return Outcome.Continue;
    }

    private Outcome StoreSelector(in Instruction instruction)
    {
        ushort selector = Selector(instruction.Op1Register);
        if (instruction.Op0Kind == OpKind.Register)
        {
            GuestRegisters.Write(_state, instruction.Op0Register, selector);
            return Outcome.Continue;
        }

        ulong linear = GuestRegisters.LinearAddress(_state, instruction);
        return cpu.Linear.TryWrite(linear, new ReadOnlySpan<byte>(&selector, 2)) ? Outcome.Continue : Outcome.Leave;
    }

    /// <returns>null for a non-canonical base, which is #GP.</returns>
    private Outcome? WriteSegmentBase(in Instruction instruction)
    {
        ulong value = GuestRegisters.Read(_state, instruction.Op0Register);
        if (!Mmu.PageWalker.IsCanonical(value))
        {
            return null;
        }

        if (instruction.Mnemonic == Mnemonic.Wrfsbase)
        {
            _state->FsBase = value;
        }
        else
        {
            _state->GsBase = value;
        }

        return Outcome.Redirect;
    }

    private Outcome TestBit(in Instruction instruction)
    {
        int size = instruction.Op1Register.GetSize();
        long offset = (long)(GuestRegisters.Read(_state, instruction.Op1Register) << (64 - (size * 8))) >> (64 - (size * 8));
        int bits = size * 8;
        ulong linear = GuestRegisters.LinearAddress(_state, instruction) + (ulong)((offset >> (bits == 64 ? 6 : bits == 32 ? 5 : 4)) * size);
        int bit = (int)(offset & (bits - 1));
        ulong value = 0;
        if (!cpu.Linear.TryRead(linear, new Span<byte>(&value, size)))
        {
            return Outcome.Leave;
        }

        ulong result = instruction.Mnemonic switch
        {
            Mnemonic.Bts => value | (1UL << bit),
            Mnemonic.Btr => value & ~(1UL << bit),
            Mnemonic.Btc => value ^ (1UL << bit),
            _ => value,
        };
        if (instruction.Mnemonic != Mnemonic.Bt && !cpu.Linear.TryWrite(linear, new ReadOnlySpan<byte>(&result, size)))
        {
            return Outcome.Leave;
        }

        _state->Rflags = (_state->Rflags & ~1UL) | ((value >> bit) & 1);
        return Outcome.Continue;
    }
}
