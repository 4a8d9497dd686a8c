// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Emit;

/// <summary>Writes host machine code for the engine's own sequences. Guest instructions go through Iced's encoder.</summary>
/// <remarks>Branches to places not known yet return the address of their displacement, for <c>Bind8</c> and <c>Bind32</c>.</remarks>
internal sealed class HostAssembler : HostEncoder
{
    private nint _blockStart;

    internal Relocations Relocations { get; } = new();

    /// <summary>Begins a block of translated code; nothing of it lies before <see cref="HostEncoder.Position"/>.</summary>
    public void BeginBlock(nint write, nint run, bool isMovable)
    {
        Begin(write, run);
        _blockStart = run;
        Relocations.Begin(run, isMovable);
    }

    /// <summary>The eight bytes of a guest address.</summary>
    public void GuestAddress(ulong address)
    {
        Relocations.Add(RelocationKind.GuestAddress, Position);
        Int64(address);
    }

    /// <summary>MOV r64, a guest address. Leaves flags alone.</summary>
    public void MoveGuestAddress(HostRegister target, ulong address)
    {
        MoveImmediate(target, address);
        if (address <= uint.MaxValue || (long)address == (int)address)
        {
            Relocations.Forbid();
        }
        else
        {
            Relocations.Add(RelocationKind.GuestAddress, Position - sizeof(ulong));
        }
    }

    /// <summary>What was written last ends with a displacement of four bytes.</summary>
    public void NoteDisplacement(RelocationKind kind) => Relocations.Add(kind, Position - sizeof(int));

    /// <summary>LEA RCX, [RCX - id].</summary>
    public void ComparePage(int id)
    {
        Byte(0x48);
        Byte(0x8D);
        Byte(0x89);
        Int32(-id);
        NoteDisplacement(RelocationKind.NegatedPageId);
    }

    /// <summary>MOV r64, imm in its shortest form. Leaves flags alone.</summary>
    public void MoveImmediate(HostRegister target, ulong value)
    {
        int number = (int)target;
        if (value <= uint.MaxValue)
        {
            OptionalRex(0, 0, number);
            Byte(0xB8 + (number & 7));
            Int32((int)(uint)value);
        }
        else if ((long)value == (int)value)
        {
            Byte(0x48 | (number >> 3));
            Byte(0xC7);
            Byte(0xC0 | (number & 7));
            Int32((int)value);
        }
        else
        {
            Byte(0x48 | (number >> 3));
            Byte(0xB8 + (number & 7));
            Int64(value);
        }
    }

    public void Move64(HostRegister target, HostRegister source) => RegisterForm(0x8B, target, source, wide: true);

    public void Move32(HostRegister target, HostRegister source) => RegisterForm(0x8B, target, source, wide: false);

    /// <summary>MOV r16, r16: the upper bits of the target stay.</summary>
    public void Move16(HostRegister target, HostRegister source)
    {
        Byte(0x66);
        RegisterForm(0x8B, target, source, wide: false);
    }

    public void Load64(HostRegister target, in HostAddress source) => MemoryForm(0x8B, (int)target, source, wide: true);

    public void Load32(HostRegister target, in HostAddress source) => MemoryForm(0x8B, (int)target, source, wide: false);

    public void Load16ZeroExtended(HostRegister target, in HostAddress source) =>
        MemoryForm(0x0FB7, (int)target, source, wide: false);

    public void Load8ZeroExtended(HostRegister target, in HostAddress source) =>
        MemoryForm(0x0FB6, (int)target, source, wide: false);

    public void Store64(in HostAddress target, HostRegister source) => MemoryForm(0x89, (int)source, target, wide: true);

    public void Store32(in HostAddress target, HostRegister source) => MemoryForm(0x89, (int)source, target, wide: false);

    public void Store16(in HostAddress target, HostRegister source)
    {
        Byte(0x66);
        MemoryForm(0x89, (int)source, target, wide: false);
    }

    /// <summary>Stores the low byte; the register must be RAX to RBX, or any with a REX prefix (always emitted here).</summary>
    public void Store8(in HostAddress target, HostRegister source) =>
        MemoryForm(0x88, (int)source, target, wide: false, forceRex: true);

    public void StoreImmediate32(in HostAddress target, int value)
    {
        MemoryForm(0xC7, 0, target, wide: false);
        Int32(value);
    }

    public void StoreImmediate64(in HostAddress target, int signExtended)
    {
        MemoryForm(0xC7, 0, target, wide: true);
        Int32(signExtended);
    }

    public void Lea64(HostRegister target, in HostAddress source) => MemoryForm(0x8D, (int)target, source, wide: true);

    public void Lea32(HostRegister target, in HostAddress source) => MemoryForm(0x8D, (int)target, source, wide: false);

    public void Xor64(HostRegister target, in HostAddress source) => MemoryForm(0x33, (int)target, source, wide: true);

    public void And64(HostRegister target, HostRegister source) => RegisterForm(0x23, target, source, wide: true);

    public void And64(HostRegister target, in HostAddress source) => MemoryForm(0x23, (int)target, source, wide: true);

    public void Add64(HostRegister target, in HostAddress source) => MemoryForm(0x03, (int)target, source, wide: true);

    public void Add64(HostRegister target, HostRegister source) => RegisterForm(0x03, target, source, wide: true);

    public void Add32(HostRegister target, HostRegister source) => RegisterForm(0x03, target, source, wide: false);

    public void Sub64(HostRegister target, HostRegister source) => RegisterForm(0x2B, target, source, wide: true);

    public void Sub64(HostRegister target, in HostAddress source) => MemoryForm(0x2B, (int)target, source, wide: true);

    public void Sub32(HostRegister target, in HostAddress source) => MemoryForm(0x2B, (int)target, source, wide: false);

    public void Cmp64(HostRegister left, in HostAddress right) => MemoryForm(0x3B, (int)left, right, wide: true);

    public void Cmp64(HostRegister left, HostRegister right) => RegisterForm(0x3B, left, right, wide: true);

    public void Cmp32(HostRegister left, in HostAddress right) => MemoryForm(0x3B, (int)left, right, wide: false);

    public void Cmp32(HostRegister left, HostRegister right) => RegisterForm(0x3B, left, right, wide: false);

    public void Cmp32Immediate(HostRegister target, int value) => ImmediateForm(7, target, value, wide: false);

    public void Or32Immediate(HostRegister target, int value) => ImmediateForm(1, target, value, wide: false);

    public void Xor32Immediate(HostRegister target, int value) => ImmediateForm(6, target, value, wide: false);

    public void And64Immediate(HostRegister target, int value) => ImmediateForm(4, target, value, wide: true);

    /// <summary>TEST r32, imm32.</summary>
    public void Test32Immediate(HostRegister target, int value)
    {
        OptionalRex(0, 0, (int)target);
        Byte(0xF7);
        Byte(0xC0 | ((int)target & 7));
        Int32(value);
    }

    /// <summary>TEST r64, r64.</summary>
    public void Test64(HostRegister target) => RegisterForm(0x85, target, target, wide: true);

    public void Negate64(HostRegister target)
    {
        OptionalRex(8, 0, (int)target);
        Byte(0xF7);
        Byte(0xD8 | ((int)target & 7));
    }

    public void Sub32Immediate(HostRegister target, int value) => ImmediateForm(5, target, value, wide: false);

    public void ShiftLeft32(HostRegister target, int count) => ShiftForm(4, target, count, wide: false);

    public void ShiftRight64(HostRegister target, int count) => ShiftForm(5, target, count, wide: true);

    public void ShiftRightArithmetic64(HostRegister target, int count) => ShiftForm(7, target, count, wide: true);

    public void And32Immediate(HostRegister target, int value) => ImmediateForm(4, target, value, wide: false);

    public void Cmp64Immediate(HostRegister target, int value) => ImmediateForm(7, target, value, wide: true);

    public void ShiftRight32(HostRegister target, int count) => ShiftForm(5, target, count, wide: false);

    /// <summary>CMP byte ptr [m], imm8.</summary>
    public void Cmp8Immediate(in HostAddress target, int value)
    {
        MemoryForm(0x80, 7, target, wide: false);
        Byte(value);
    }

    /// <summary>CMP dword ptr [m], imm8.</summary>
    public void Cmp32Immediate8(in HostAddress target, int value)
    {
        MemoryForm(0x83, 7, target, wide: false);
        Byte(value);
    }

    /// <summary>SUB dword ptr [m], imm8.</summary>
    public void Sub32Immediate8(in HostAddress target, int value)
    {
        MemoryForm(0x83, 5, target, wide: false);
        Byte(value);
    }

    /// <summary>ADD qword ptr [m], imm32.</summary>
    public void Add64Immediate(in HostAddress target, int value)
    {
        MemoryForm(0x81, 0, target, wide: true);
        Int32(value);
    }

    /// <summary>PEXT r64, r64, mask (BMI2): leaves flags alone.</summary>
    public void Pext64(HostRegister target, HostRegister source, in HostAddress mask) =>
        VexMemoryForm(pp: 2, map: 2, wide: true, 0xF5, (int)target, (int)source, mask);

    /// <summary>PDEP r64, r64, mask (BMI2): leaves flags alone.</summary>
    public void Pdep64(HostRegister target, HostRegister source, in HostAddress mask) =>
        VexMemoryForm(pp: 3, map: 2, wide: true, 0xF5, (int)target, (int)source, mask);

    /// <summary>SARX r64, r64, count (BMI2).</summary>
    public void Sarx64(HostRegister target, HostRegister source, HostRegister count) =>
        VexRegisterForm(pp: 2, map: 2, wide: true, 0xF7, target, count, source);

    /// <summary>SHLX r64, r64, count (BMI2).</summary>
    public void Shlx64(HostRegister target, HostRegister source, HostRegister count) =>
        VexRegisterForm(pp: 1, map: 2, wide: true, 0xF7, target, count, source);

    /// <summary>SHRX r64, r64, count (BMI2).</summary>
    public void Shrx64(HostRegister target, HostRegister source, HostRegister count) =>
        VexRegisterForm(pp: 3, map: 2, wide: true, 0xF7, target, count, source);

    /// <summary>SHRX r32, r32, count (BMI2).</summary>
    public void Shrx32(HostRegister target, HostRegister source, HostRegister count) =>
        VexRegisterForm(pp: 3, map: 2, wide: false, 0xF7, target, count, source);

    public void MoveSignExtend32(HostRegister target, HostRegister source) =>
        RegisterForm(0x63, target, source, wide: true);

    public void MoveSignExtend16(HostRegister target, HostRegister source)
    {
        Byte(0x48 | (((int)target >> 3) << 2) | ((int)source >> 3));
        Byte(0x0F);
        Byte(0xBF);
        Byte(0xC0 | (((int)target & 7) << 3) | ((int)source & 7));
    }

    /// <summary>MOVZX r32, r16.</summary>
    public void MoveZeroExtend16(HostRegister target, HostRegister source) => RegisterForm(0x0FB7, target, source, wide: false);

    /// <summary>MOVZX r32, r8 of a register's low byte.</summary>
    public void MoveZeroExtend8(HostRegister target, HostRegister source)
    {
        Byte(0x40 | (((int)target >> 3) << 2) | ((int)source >> 3));
        Byte(0x0F);
        Byte(0xB6);
        Byte(0xC0 | (((int)target & 7) << 3) | ((int)source & 7));
    }

    /// <summary>MOVZX ECX, AH..BH: <paramref name="highByte"/> is 0 for AH, 1 for CH, 2 for DH, 3 for BH.</summary>
    public void MoveHighByteToEcx(int highByte)
    {
        Byte(0x0F);
        Byte(0xB6);
        Byte(0xC0 | (1 << 3) | (4 + highByte));
    }

    /// <summary>MOV AH..BH, CL.</summary>
    public void MoveClToHighByte(int highByte)
    {
        Byte(0x88);
        Byte(0xC0 | (1 << 3) | (4 + highByte));
    }

    /// <summary>VORPS ymm(target), ymm(target), ymm(other); the target is one of the first eight.</summary>
    public void OrVectors(int target, int other)
    {
        Byte(0xC4);
        Byte(0xC0 | (((other >> 3) ^ 1) << 5) | 1);
        Byte(((~target & 15) << 3) | 4);
        Byte(0x56);
        Byte(0xC0 | (target << 3) | (other & 7));
    }

    /// <summary>ZF = the upper half of YMM0 is 0; XMM0 is lost.</summary>
    public void TestUpperHalf()
    {
        foreach (byte code in (ReadOnlySpan<byte>)[
            0xC4, 0xE3, 0x7D, 0x19, 0xC0, 0x01,             // VEXTRACTF128 XMM0, YMM0, 1
            0xC4, 0xE2, 0x79, 0x17, 0xC0])                  // VPTEST XMM0, XMM0
        {
            Byte(code);
        }
    }

    /// <summary>VZEROUPPER</summary>
    public void ZeroUppers()
    {
        Byte(0xC5);
        Byte(0xF8);
        Byte(0x77);
    }

    public void Push(HostRegister source)
    {
        OptionalRex(0, 0, (int)source);
        Byte(0x50 + ((int)source & 7));
    }

    public void Pop(HostRegister target)
    {
        OptionalRex(0, 0, (int)target);
        Byte(0x58 + ((int)target & 7));
    }

    public void Pop(in HostAddress target) => MemoryForm(0x8F, 0, target, wide: false);

    public void PushFlags() => Byte(0x9C);

    public void PopFlags() => Byte(0x9D);

    public void Return() => Byte(0xC3);

    /// <summary>JMP rel32 to a known place.</summary>
    public void Jump(nint target)
    {
        Byte(0xE9);
        Distance(target);
    }

    /// <summary>JMP rel32 to a place bound later.</summary>
    public nint Jump32()
    {
        Byte(0xE9);
        return Hole32();
    }

    public void Jump(in HostAddress target) => MemoryForm(0xFF, 4, target, wide: false);

    public void JumpIf(Condition condition, nint target)
    {
        Byte(0x0F);
        Byte(0x80 + (int)condition);
        Distance(target);
    }

    public nint JumpIf32(Condition condition)
    {
        Byte(0x0F);
        Byte(0x80 + (int)condition);
        return Hole32();
    }

    public nint JumpIf8(Condition condition)
    {
        Byte(0x70 + (int)condition);
        return Hole8();
    }

    /// <summary>JRCXZ rel8.</summary>
    public nint JumpIfRcxZero8()
    {
        Byte(0xE3);
        return Hole8();
    }

    /// <summary>JRCXZ to a known place close by.</summary>
    public void JumpIfRcxZero(nint target)
    {
        Byte(0xE3);
        Byte(checked((sbyte)(target - (Position + 1))));
    }

    /// <summary>The arithmetic flags, as <see cref="State.CpuState"/> keeps them, in RAX.</summary>
    public void LoadFlagsToRax()
    {
        Byte(0x9F);                                         // LAHF
        Byte(0x0F);                                         // SETO AL
        Byte(0x90);
        Byte(0xC0);
    }

    /// <summary>The arithmetic flags from RAX.</summary>
    public void StoreFlagsFromRax()
    {
        Byte(0x04);                                         // ADD AL, 0x7F
        Byte(0x7F);
        Byte(0x9E);                                         // SAHF
    }

    /// <summary>Jumps to a thunk with the address of what follows, the exit's operands, in RCX.</summary>
    /// <remarks>A call would never be returned from, and the host predicts returns by pairing them with calls.</remarks>
    public void Leave(nint thunk)
    {
        Byte(0x48);                                         // LEA RCX, [RIP + 5]
        Byte(0x8D);
        Byte(0x0D);
        Int32(5);
        Jump(thunk);
    }

    /// <summary>REP with MOVS (0xA4) or STOS (0xAA).</summary>
    /// <param name="power">The size of an element, as a power of two: 0 to 3.</param>
    public void RepeatString(int byteOpcode, int power)
    {
        if (power == 1)
        {
            Byte(0x66);
        }

        Byte(0xF3);
        if (power == 3)
        {
            Byte(0x48);
        }

        Byte(power == 0 ? byteOpcode : byteOpcode + 1);
    }

    public void Call(nint target)
    {
        Byte(0xE8);
        Distance(target);
    }

    private void Distance(nint target)
    {
        if (target < _blockStart)
        {
            Relocations.Add(RelocationKind.Distance, Position);
        }

        Int32(Relative(target));
    }
}
