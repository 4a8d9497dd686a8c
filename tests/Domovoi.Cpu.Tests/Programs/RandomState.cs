// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Generation;

namespace Domovoi.Cpu.Tests.Programs;

/// <summary>What one run of a program starts from. One object serves for many runs.</summary>
internal sealed class RandomState
{
    internal ulong[] General { get; } = new ulong[16];

    internal ulong Rflags { get; private set; }

    /// <summary>One of the pool's.</summary>
    internal byte[] Xsave { get; private set; } = [];

    /// <summary>One of the pool's.</summary>
    internal byte[] Data { get; private set; } = [];

    internal void Draw(Random random, InstructionPool pool, RandomProgram program)
    {
        bool floats = program.UsesFloats;
        byte[][] images = floats ? pool.Floats : pool.Integers;
        byte[][] data = floats ? pool.FloatData : pool.IntegerData;
        Xsave = images[random.Next(images.Length)];
        Data = data[random.Next(data.Length)];
        Rflags = 0x202 | ((ulong)random.Next(0x1000) & 0x8D5);
        RegisterRoles roles = program.Roles;
        for (int register = 0; register < 16; register++)
        {
            General[register] = random.Next(2) == 0 ? (ulong)random.Next(-64, 64) : Values.Integer(random);
        }

        General[RegisterRoles.Stack] = MemoryTargets.Inside(random, 512) + 0x100;
        General[roles.First] = Pointer(random);
        General[roles.Second] = random.Next(12) == 0 ? MemoryTargets.Any(random, 16, true) : Pointer(random);
        General[roles.Counter] = (ulong)random.Next(1, 40);
    }

    /// <summary>Into the data pages, more often than not on a boundary of 16 bytes.</summary>
    private static ulong Pointer(Random random)
    {
        ulong address = MemoryTargets.Inside(random, 256) + (ulong)random.Next(200);
        return random.Next(4) > 0 ? address & ~15UL : address;
    }
}
