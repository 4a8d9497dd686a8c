// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Domovoi.Cpu.Emit;

/// <summary>Bytes, operands and branch displacements of host machine code.</summary>
/// <remarks>Code is written through one mapping and runs from another: <see cref="Position"/> is where the code will run.</remarks>
internal abstract unsafe class HostEncoder
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

    protected void RegisterForm(int opcode, HostRegister register, HostRegister rm, bool wide)
    {
        int rex = (wide ? 8 : 0) | (((int)register >> 3) << 2) | ((int)rm >> 3);
        if (rex != 0)
        {
            Byte(0x40 | rex);
        }

        OpcodeBytes(opcode);
        Byte(0xC0 | (((int)register & 7) << 3) | ((int)rm & 7));
    }

    protected void ShiftForm(int extension, HostRegister target, int count, bool wide)
    {
        OptionalRex(wide ? 8 : 0, 0, (int)target);
        Byte(0xC1);
        Byte(0xC0 | (extension << 3) | ((int)target & 7));
        Byte(count);
    }

    protected void ImmediateForm(int extension, HostRegister target, int value, bool wide)
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

    protected void VexRegisterForm(
        int pp, int map, bool wide, int opcode, HostRegister register, HostRegister second, HostRegister rm)
    {
        Byte(0xC4);
        Byte((((int)register >> 3) ^ 1) << 7 | 0x40 | (((int)rm >> 3) ^ 1) << 5 | map);
        int vvvv = second == HostRegister.None ? 15 : ~(int)second & 15;
        Byte((wide ? 0x80 : 0) | (vvvv << 3) | pp);
        Byte(opcode);
        Byte(0xC0 | (((int)register & 7) << 3) | ((int)rm & 7));
    }

    protected void VexMemoryForm(int pp, int map, bool wide, int opcode, int register, int second, in HostAddress address)
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

    protected void OptionalRex(int wide, int reg, int rm)
    {
        int rex = wide | ((reg >> 3) << 2) | (rm >> 3);
        if (rex != 0)
        {
            Byte(0x40 | rex);
        }
    }

    protected int Relative(nint target) => checked((int)(target - (Position + 4)));

    protected nint Hole32()
    {
        nint hole = Position;
        Int32(0);
        return hole;
    }

    protected nint Hole8()
    {
        nint hole = Position;
        Byte(0);
        return hole;
    }
}
