// SPDX-License-Identifier: MIT
using System.Numerics;

namespace Domovoi.Cpu.Run.Slow;

/// <summary>The six arithmetic flags of operations that C# carries out, SDM 1 §3.4.3.1.</summary>
internal static class ArithmeticFlags
{
    internal const ulong Carry = 1;
    internal const ulong Parity = 4;
    internal const ulong Adjust = 0x10;
    internal const ulong Zero = 0x40;
    internal const ulong Sign = 0x80;
    internal const ulong Overflow = 0x800;
    internal const ulong All = Carry | Parity | Adjust | Zero | Sign | Overflow;

    internal static ulong OfSubtraction(ulong flags, ulong left, ulong right, int size)
    {
        ulong mask = GuestRegisters.Mask(size);
        ulong result = (left - right) & mask;
        return (flags & ~All) | OfResult(result, size)
            | (left < right ? Carry : 0)
            | ((left ^ right ^ result) & Adjust)
            | ((((left ^ right) & (left ^ result)) >> ((size * 8) - 1) & 1) * Overflow);
    }

    internal static ulong OfAddition(ulong flags, ulong left, ulong right, int size)
    {
        ulong mask = GuestRegisters.Mask(size);
        ulong result = (left + right) & mask;
        return (flags & ~All) | OfResult(result, size)
            | (result < left ? Carry : 0)
            | ((left ^ right ^ result) & Adjust)
            | (((~(left ^ right) & (left ^ result)) >> ((size * 8) - 1) & 1) * Overflow);
    }

    /// <summary>AND, OR, XOR, TEST: carry and overflow are cleared.</summary>
    internal static ulong OfLogic(ulong flags, ulong result, int size) => (flags & ~All) | OfResult(result, size);

    private static ulong OfResult(ulong result, int size) =>
        (result == 0 ? Zero : 0)
        | ((result >> ((size * 8) - 1) & 1) * Sign)
        | ((BitOperations.PopCount((uint)result & 0xFF) & 1) == 0 ? Parity : 0);
}
