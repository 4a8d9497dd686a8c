// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Tests.Generation;

/// <summary>Operand values: corners more often than not.</summary>
internal static class Values
{
    private static readonly ulong[] _corners =
    [
        0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 63, 64, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
        0x1_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, ulong.MaxValue, ulong.MaxValue - 1,
        0xFFFF_FFFF_8000_0000, 0xFFFF_FFFF_7FFF_FFFF, 0x5555_5555_5555_5555, 0xAAAA_AAAA_AAAA_AAAA, 0x8080_8080_8080_8080,
        0x0102_0304_0506_0708, 0x7F7F_7F7F_7F7F_7F7F, 0x9999_9999_9999_9999,
    ];

    private static readonly uint[] _singles =
    [
        0, 0x8000_0000, 0x3F80_0000, 0xBF80_0000, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0xFFC0_0001, 0x7F80_0001, 0xFFBF_FFFF,
        1, 0x8000_0001, 0x007F_FFFF, 0x0080_0000, 0x7F7F_FFFF, 0xFF7F_FFFF, 0x4F00_0000, 0xCF00_0000, 0x5F00_0000, 0x3F00_0000,
        0x4B00_0001, 0x3FC0_0000, 0x4020_0000, 0x3FFF_FFFF,
    ];

    private static readonly ulong[] _doubles =
    [
        0, 0x8000_0000_0000_0000, 0x3FF0_0000_0000_0000, 0xBFF0_0000_0000_0000, 0x7FF0_0000_0000_0000, 0xFFF0_0000_0000_0000,
        0x7FF8_0000_0000_0000, 0xFFF8_0000_0000_0001, 0x7FF0_0000_0000_0001, 1, 0x800F_FFFF_FFFF_FFFF, 0x0010_0000_0000_0000,
        0x7FEF_FFFF_FFFF_FFFF, 0x41E0_0000_0000_0000, 0xC1E0_0000_0000_0000, 0x43E0_0000_0000_0000, 0x3FE0_0000_0000_0000,
        0x4330_0000_0000_0001, 0x3FF8_0000_0000_0000, 0x4004_0000_0000_0000, 0x47EF_FFFF_E000_0000, 0x36A0_0000_0000_0000,
    ];

    internal static ulong Integer(Random random) => random.Next(8) switch
    {
        0 or 1 or 2 => _corners[random.Next(_corners.Length)],
        3 => Bits(random) & 0xFF,
        4 => Bits(random) & 0xFFFF_FFFF,
        5 => 1UL << random.Next(64),
        _ => Bits(random),
    };

    internal static ulong Bits(Random random) => (ulong)random.NextInt64(long.MinValue, long.MaxValue);

    /// <summary>Eight bytes that make a double or two singles.</summary>
    internal static ulong FloatBits(Random random) => random.Next(6) switch
    {
        0 => _doubles[random.Next(_doubles.Length)],
        1 => BitConverter.DoubleToUInt64Bits((random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-40, 70))),
        2 => Bits(random),
        _ => Single(random) | ((ulong)Single(random) << 32),
    };

    /// <summary>Ten bytes of an x87 register: sign and exponent, and significand.</summary>
    internal static (ulong Significand, ushort Exponent) Extended(Random random) => random.Next(6) switch
    {
        0 => (0, (ushort)(random.Next(2) << 15)),
        1 => (0x8000_0000_0000_0000, (ushort)(0x7FFF | (random.Next(2) << 15))),
        2 => (Bits(random) | (1UL << 63), (ushort)(0x7FFF | (random.Next(2) << 15))),
        3 => (Bits(random), (ushort)random.Next(0x10000)),
        4 => (Bits(random) & ~(1UL << 63), 0),
        _ => (Bits(random) | (1UL << 63), (ushort)((0x3FFF + random.Next(-70, 70)) | (random.Next(2) << 15))),
    };

    private static uint Single(Random random) => random.Next(3) switch
    {
        0 => _singles[random.Next(_singles.Length)],
        1 => BitConverter.SingleToUInt32Bits((float)((random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-20, 40)))),
        _ => (uint)random.NextInt64(uint.MaxValue),
    };
}
