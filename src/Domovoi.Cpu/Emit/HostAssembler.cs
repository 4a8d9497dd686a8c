// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Domovoi.Cpu.Emit;

/// <summary>Writes host machine code for the engine's own sequences. Guest instructions go through Iced's encoder.</summary>
/// <remarks>
/// Code is written through one mapping and runs from another: <see cref="Position"/> is where the code will run.
/// Branches to places not known yet return the address of their displacement, for <c>Bind8</c> and <c>Bind32</c>.
/// </remarks>
internal sealed unsafe class HostAssembler
{
    private byte* _at;
    private long _runOffset;

    /// <summary>Where the next byte will run.</summary>
    public nint Position => (nint)(_at + _runOffset);

    /// <summary>Starts writing at <paramref name="write"/> code that runs at <paramref name="run"/>.</summary>
    public void Begin(nint write, nint run)
    {
        _at = (byte*)write;
        _runOffset = run - write;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Byte(int value) => *_at++ = (byte)value;

    public void Int32(int value)
    {
        Unsafe.WriteUnaligned(_at, value);
        _at += 4;
    }

    public void Int64(ulong value)
    {
        Unsafe.WriteUnaligned(_at, value);
        _at += 8;
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

    public void And32Immediate(HostRegister target, int value) => ImmediateForm(4, target, value, wide: false);

    public void Cmp64Immediate(HostRegister target, int value) => ImmediateForm(7, target, value, wide: true);

    public void ShiftRight32(HostRegister target, int count)
    {
        OptionalRex(0, 0, (int)target);
        Byte(0xC1);
        Byte(0xE8 | ((int)target & 7));
        Byte(count);
    }

    /// <summary>CMP dword ptr [m], imm8.</summary>
    public void Cmp32Immediate8(in HostAddress target, int value)
    {
        MemoryForm(0x83, 7, target, wide: false);
        Byte(value);
    }

    /// <summary>RORX r32, r32, imm8 (BMI2): leaves flags alone.</summary>
    public void Rorx32(HostRegister target, HostRegister source, int count)
    {
        VexRegisterForm(pp: 3, map: 3, wide: false, 0xF0, target, HostRegister.None, source);
        Byte(count);
    }

    /// <summary>PEXT r64, r64, mask (BMI2): leaves flags alone.</summary>
    public void Pext64(HostRegister target, HostRegister source, in HostAddress mask) =>
        VexMemoryForm(pp: 2, map: 2, wide: true, 0xF5, (int)target, (int)source, mask);

    /// <summary>SARX r64, r64, count (BMI2).</summary>
    public void Sarx64(HostRegister target, HostRegister source, HostRegister count) =>
        VexRegisterForm(pp: 2, map: 2, wide: true, 0xF7, target, count, source);

    /// <summary>SHLX r64, r64, count (BMI2).</summary>
    public void Shlx64(HostRegister target, HostRegister source, HostRegister count) =>
        VexRegisterForm(pp: 1, map: 2, wide: true, 0xF7, target, count, source);

    /// <summary>SHRX r64, r64, count (BMI2).</summary>
    public void Shrx64(HostRegister target, HostRegister source, HostRegister count) =>
        VexRegisterForm(pp: 3, map: 2, wide: true, 0xF7, target, count, source);

    public void MoveSignExtend32(HostRegister target, HostRegister source) =>
        RegisterForm(0x63, target, source, wide: true);

    public void MoveSignExtend16(HostRegister target, HostRegister source)
    {
        Byte(0x48 | (((int)target >> 3) << 2) | ((int)source >> 3));
        Byte(0x0F);
        Byte(0xBF);
        Byte(0xC0 | (((int)target & 7) << 3) | ((int)source & 7));
    }

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
        Int32(Relative(target));
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
        Int32(Relative(target));
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

    public void Call(nint target)
    {
        Byte(0xE8);
        Int32(Relative(target));
    }

    /// <summary>Makes a short branch lead here.</summary>
    public void Bind8(nint hole)
    {
        byte* write = (byte*)(hole - (nint)_runOffset);
        long distance = Position - (hole + 1);
        if (distance != (sbyte)distance)
        {
            throw new InvalidOperationException($"A short branch spans {distance} bytes.");
        }

        *write = (byte)distance;
    }

    /// <summary>Makes a near branch lead here.</summary>
    public void Bind32(nint hole) => Bind32(hole, Position);

    /// <summary>Makes a near branch lead to a known place.</summary>
    public void Bind32(nint hole, nint target) =>
        Unsafe.WriteUnaligned((byte*)(hole - (nint)_runOffset), checked((int)(target - (hole + 4))));

    /// <summary>An instruction with one register and one memory operand.</summary>
    /// <param name="opcode">One or two opcode bytes, the first in the high half.</param>
    public void MemoryForm(int opcode, int register, in HostAddress address, bool wide, bool forceRex = false)
    {
        if (address.Gs)
        {
            Byte(0x65);
        }

        int rex = (wide ? 8 : 0) | ((register >> 3) << 2) | HighBit(address.Index, 1) | HighBit(address.Base, 0);
        if (rex != 0 || forceRex)
        {
            Byte(0x40 | rex);
        }

        OpcodeBytes(opcode);
        ModRm(register & 7, address);
    }

    /// <summary>The ModRM byte, SIB byte and displacement of a memory operand.</summary>
    public void ModRm(int register, in HostAddress address)
    {
        int field = register << 3;
        if (address.Base == HostRegister.None)
        {
            Byte(field | 4);
            int index = address.Index == HostRegister.None ? 4 : (int)address.Index & 7;
            Byte((address.ScaleLog2 << 6) | (index << 3) | 5);
            Int32(address.Displacement);
            return;
        }

        int low = (int)address.Base & 7;
        int mode = address.Displacement == 0 && low != 5 ? 0 : address.Displacement == (sbyte)address.Displacement ? 1 : 2;
        if (address.Index == HostRegister.None && low != 4)
        {
            Byte((mode << 6) | field | low);
        }
        else
        {
            int index = address.Index == HostRegister.None ? 4 : (int)address.Index & 7;
            Byte((mode << 6) | field | 4);
            Byte((address.ScaleLog2 << 6) | (index << 3) | low);
        }

        if (mode == 1)
        {
            Byte(address.Displacement);
        }
        else if (mode == 2)
        {
            Int32(address.Displacement);
        }
    }

    private static int HighBit(HostRegister register, int position) =>
        register == HostRegister.None ? 0 : ((int)register >> 3) << position;

    private void RegisterForm(int opcode, HostRegister register, HostRegister rm, bool wide)
    {
        int rex = (wide ? 8 : 0) | (((int)register >> 3) << 2) | ((int)rm >> 3);
        if (rex != 0)
        {
            Byte(0x40 | rex);
        }

        OpcodeBytes(opcode);
        Byte(0xC0 | (((int)register & 7) << 3) | ((int)rm & 7));
    }

    private void ImmediateForm(int extension, HostRegister target, int value, bool wide)
    {
        OptionalRex(wide ? 8 : 0, 0, (int)target);
        bool small = value == (sbyte)value;
        Byte(small ? 0x83 : 0x81);
        Byte(0xC0 | (extension << 3) | ((int)target & 7));
        if (small)
        {
            Byte(value);
        }
        else
        {
            Int32(value);
        }
    }

    private void VexRegisterForm(
        int pp, int map, bool wide, int opcode, HostRegister register, HostRegister second, HostRegister rm)
    {
        Byte(0xC4);
        Byte((((int)register >> 3) ^ 1) << 7 | 0x40 | (((int)rm >> 3) ^ 1) << 5 | map);
        int vvvv = second == HostRegister.None ? 15 : ~(int)second & 15;
        Byte((wide ? 0x80 : 0) | (vvvv << 3) | pp);
        Byte(opcode);
        Byte(0xC0 | (((int)register & 7) << 3) | ((int)rm & 7));
    }

    private void VexMemoryForm(int pp, int map, bool wide, int opcode, int register, int second, in HostAddress address)
    {
        if (address.Gs)
        {
            Byte(0x65);
        }

        Byte(0xC4);
        int x = HighBit(address.Index, 0) ^ 1;
        int b = HighBit(address.Base, 0) ^ 1;
        Byte(((register >> 3) ^ 1) << 7 | x << 6 | b << 5 | map);
        Byte((wide ? 0x80 : 0) | ((~second & 15) << 3) | pp);
        Byte(opcode);
        ModRm(register & 7, address);
    }

    private void OpcodeBytes(int opcode)
    {
        if (opcode > 0xFF)
        {
            Byte(opcode >> 8);
        }

        Byte(opcode);
    }

    private void OptionalRex(int wide, int reg, int rm)
    {
        int rex = wide | ((reg >> 3) << 2) | (rm >> 3);
        if (rex != 0)
        {
            Byte(0x40 | rex);
        }
    }

    private int Relative(nint target) => checked((int)(target - (Position + 4)));

    private nint Hole32()
    {
        nint hole = Position;
        Int32(0);
        return hole;
    }

    private nint Hole8()
    {
        nint hole = Position;
        Byte(0);
        return hole;
    }
}
