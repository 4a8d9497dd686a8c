// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Cases;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Domovoi.Cpu.Tests;

/// <summary>Straight code up to and beyond the longest block, as cryptography and transforms have it, with accesses that may fail anywhere in it.</summary>
public sealed class LongBlockTests(DifferentialRunner runner) : IClassFixture<DifferentialRunner>
{
    private const int Cases = 60;

    private static readonly AssemblerRegister64[] s_pointers = [rsi, rdi, r9, r10, r13, r14];

    public static TheoryData<int> Lengths => [50, 64, 66, 150, 191, 192, 193, 250];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void StraightCode_OfAnyLength_DoesWhatTheHostDoes(int length)
    {
        Random random = new(length);
        for (int i = 0; i < Cases; i++)
        {
            runner.ExpectMatch(Straight(random, length, branches: i % 2 == 0));
        }
    }

    private static CpuCase Straight(Random random, int length, bool branches)
    {
        CpuCase test = CpuCase.Of(c =>
        {
            Label end = c.CreateLabel();
            for (int i = 0; i < length; i++)
            {
                AssemblerRegister64 pointer = s_pointers[random.Next(s_pointers.Length)];
                switch (random.Next(16))
                {
                    case 0: c.add(pointer, random.Next(-16, 16)); break;
                    case 1 when branches:
                        c.cmp(eax, random.Next(128));
                        c.je(end);
                        break;
                    default: NearbyAccess.Emit(c, random, pointer); break;
                }
            }

            c.Label(ref end);
            c.mov(rbx, rax);
        }).With(rdx, (ulong)random.Next(64));
        foreach (AssemblerRegister64 pointer in s_pointers)
        {
            test.With(pointer, NearbyAccess.Place(random));
        }

        return test;
    }
}
