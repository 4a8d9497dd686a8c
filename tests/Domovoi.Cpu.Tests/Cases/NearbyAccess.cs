// SPDX-License-Identifier: MIT
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Domovoi.Cpu.Tests.Cases;

/// <summary>Accesses of all kinds near a pointer.</summary>
internal static class NearbyAccess
{
    /// <summary>Near the page ends, or anywhere in the data.</summary>
    internal static ulong Place(Random random) => random.Next(4) switch
    {
        0 => AddressMap.Data + 0x1000 + (ulong)random.Next(-64, 64),
        1 => AddressMap.ReadOnly + (ulong)random.Next(-128, 0),
        2 => AddressMap.DataIsland + (ulong)random.Next(0x1000),
        _ => AddressMap.Data + (ulong)random.Next(0x1F00),
    };

    /// <summary>Writes one access within some 32 bytes of <paramref name="pointer"/>, or what RDX adds to it.</summary>
    internal static void Emit(Assembler c, Random random, AssemblerRegister64 pointer)
    {
        int displacement = random.Next(-32, 32);
        switch (random.Next(9))
        {
            case 0: c.mov(rax, __qword_ptr[pointer]); break;
            case 1: c.add(eax, __dword_ptr[pointer + displacement]); break;
            case 2: c.mov(__dword_ptr[pointer + displacement], eax); break;
            case 3: c.add(__qword_ptr[pointer + rdx], rax); break;
            case 4: c.movups(xmm1, __xmmword_ptr[pointer + (rdx * 4)]); break;
            case 5: c.movups(__xmmword_ptr[pointer + displacement], xmm1); break;
            case 6: c.vpaddd(ymm2, ymm1, __ymmword_ptr[pointer + displacement]); break;
            case 7:
                c.mov(__byte_ptr[pointer], al);
                c.mov(ah, dl);
                break;
            default:
                c.movzx(eax, __byte_ptr[pointer + rdx]);
                c.mov(r14b, __byte_ptr[AddressMap.Data + (ulong)(displacement + 64)]);
                break;
        }
    }
}
