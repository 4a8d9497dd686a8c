// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Cases;

namespace Domovoi.Cpu.Tests.Generation;

/// <summary>Chooses where memory operands lie: mostly inside a page, often at its borders, sometimes where they fault.</summary>
internal static class MemoryTargets
{
    /// <summary>An address for an operand of <paramref name="size"/> bytes.</summary>
    internal static ulong Any(Random random, int size, bool is64Bit)
    {
        ulong bytes = (ulong)Math.Max(size, 1);
        ulong inside = bytes > 1 ? (ulong)random.Next(1, (int)Math.Min(bytes, 4096)) : 0;
        return random.Next(100) switch
        {
            < 60 => Inside(random, size),
            < 66 => AddressMap.Data + 0x1000 - bytes,                    // ends with the page
            < 76 => AddressMap.Data + 0x1000 - inside,                   // crosses into the next
            < 80 => AddressMap.DataHole - inside,                        // crosses into nothing
            < 83 => AddressMap.DataHole - bytes,
            < 85 => AddressMap.DataHole + (ulong)random.Next(0x1000 - 64),
            < 87 => AddressMap.DataIsland - inside,                      // begins in nothing
            < 91 => AddressMap.ReadOnly - inside,                        // crosses into the read-only page
            < 94 => AddressMap.ReadOnly + (ulong)random.Next(0x1000 - 64),
            < 95 => AddressMap.DataEnd - inside,
            < 97 => AddressMap.Code + 0x1C00 + (ulong)random.Next(0x200),
            _ when !is64Bit => Values.Bits(random) & 0xFFFF_FFFF,
            97 => Values.Bits(random),
            98 => 0x8000_0000_0000_0000 >> random.Next(0, 40),
            _ => ulong.MaxValue - (ulong)random.Next(0x1000),
        };
    }

    /// <summary>An address that never faults.</summary>
    internal static ulong Inside(Random random, int size)
    {
        int room = Math.Max(0x1000 - Math.Max(size, 64), 64);
        ulong offset = (ulong)random.Next(room);
        if (random.Next(3) > 0)
        {
            offset &= ~63UL;
        }

        return (random.Next(4) == 0 ? AddressMap.DataIsland : AddressMap.Data + (random.Next(2) == 0 ? 0x1000UL : 0)) + offset;
    }
}
