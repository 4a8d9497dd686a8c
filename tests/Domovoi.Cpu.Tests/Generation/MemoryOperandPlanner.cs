// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Cases;
using Iced.Intel;

namespace Domovoi.Cpu.Tests.Generation;

/// <summary>Finds an addressing form for an address, and register values that make it so.</summary>
internal sealed class MemoryOperandPlanner(Random random, RegisterPins pins, bool is64Bit)
{
    /// <summary>Gives the instruction a memory operand at <paramref name="target"/>; false when this try did not work out.</summary>
    internal bool TryPlan(ref Instruction instruction, ulong target, bool allowSegment)
    {
        ulong linear = target;
        if (is64Bit && allowSegment && random.Next(8) == 0)
        {
            bool fs = random.Next(2) == 0;
            instruction.SegmentPrefix = fs ? Register.FS : Register.GS;
            linear -= fs ? AddressMap.FsBase : AddressMap.GsBase;
        }

        bool narrow = is64Bit && random.Next(12) == 0 && (linear >> 32) == 0;
        if (!is64Bit)
        {
            linear &= 0xFFFF_FFFF;
        }

        if (is64Bit && random.Next(8) == 0)
        {
            return TryRipRelative(ref instruction, linear, narrow);
        }

        return is64Bit && !narrow ? TryWide(ref instruction, linear) : TryNarrow(ref instruction, linear);
    }

    private static bool TryRipRelative(ref Instruction instruction, ulong linear, bool narrow)
    {
        if (linear >= 0x7000_0000)
        {
            return false;
        }

        instruction.MemoryBase = narrow ? Register.EIP : Register.RIP;
        instruction.MemoryDisplacement64 = linear;
        instruction.MemoryDisplSize = narrow ? 4 : 8;
        return true;
    }

    private bool TryWide(ref Instruction instruction, ulong linear)
    {
        int baseRegister = random.Next(10) == 0 ? -1 : random.Next(16);
        int index = random.Next(2) == 0 ? -1 : random.Next(16);
        if (index == 4 || (index >= 0 && index == baseRegister))
        {
            index = -1;
        }

        int scale = 1 << random.Next(4);
        long displacement = Displacement();
        if (index >= 0 && !pins.IsPinned(index))
        {
            pins.Pin(index, IndexValue());
        }

        ulong indexed = index >= 0 ? pins[index] * (ulong)scale : 0;
        if (baseRegister >= 0 && !pins.IsPinned(baseRegister))
        {
            pins.Pin(baseRegister, linear - indexed - (ulong)displacement);
        }
        else
        {
            displacement = (long)(linear - indexed - (baseRegister >= 0 ? pins[baseRegister] : 0));
            if (displacement != (int)displacement)
            {
                return false;
            }
        }

        instruction.MemoryBase = baseRegister >= 0 ? Register.RAX + baseRegister : Register.None;
        instruction.MemoryIndex = index >= 0 ? Register.RAX + index : Register.None;
        instruction.MemoryIndexScale = index >= 0 ? scale : 1;
        instruction.MemoryDisplacement64 = (ulong)displacement;
        instruction.MemoryDisplSize = DisplacementSize(displacement, baseRegister < 0);
        return true;
    }

    private bool TryNarrow(ref Instruction instruction, ulong linear)
    {
        int count = is64Bit ? 16 : 8;
        int baseRegister = random.Next(10) == 0 ? -1 : random.Next(count);
        int index = random.Next(2) == 0 ? -1 : random.Next(count);
        if (index == 4 || (index >= 0 && index == baseRegister))
        {
            index = -1;
        }

        int scale = 1 << random.Next(4);
        uint displacement = (uint)Displacement();
        ulong garbage = is64Bit ? Values.Bits(random) << 32 : 0;
        if (index >= 0 && !pins.IsPinned(index))
        {
            pins.Pin(index, (uint)IndexValue() | garbage);
        }

        uint indexed = index >= 0 ? (uint)pins[index] * (uint)scale : 0;
        if (baseRegister >= 0 && !pins.IsPinned(baseRegister))
        {
            pins.Pin(baseRegister, ((uint)linear - indexed - displacement) | garbage);
        }
        else
        {
            displacement = (uint)linear - indexed - (baseRegister >= 0 ? (uint)pins[baseRegister] : 0);
        }

        instruction.MemoryBase = baseRegister >= 0 ? Register.EAX + baseRegister : Register.None;
        instruction.MemoryIndex = index >= 0 ? Register.EAX + index : Register.None;
        instruction.MemoryIndexScale = index >= 0 ? scale : 1;
        instruction.MemoryDisplacement64 = displacement;
        instruction.MemoryDisplSize = displacement == 0 && baseRegister >= 0 ? 0 : 4;
        return true;
    }

    private static int DisplacementSize(long displacement, bool noBase) =>
        noBase ? 8 : displacement == 0 ? 0 : displacement == (sbyte)displacement ? 1 : 8;

    private long Displacement() => random.Next(4) switch
    {
        0 => 0,
        1 => random.Next(-128, 128),
        2 => random.Next(-5000, 5000),
        _ => random.Next(int.MinValue, int.MaxValue),
    };

    private ulong IndexValue() => random.Next(3) switch
    {
        0 => (ulong)random.Next(64),
        1 => (ulong)random.Next(-2000, 2000),
        _ => Values.Integer(random),
    };
}
