// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Cases;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Domovoi.Cpu.Tests;

/// <summary>Hot loops whose checks stand outside: steps of all sizes both ways, over page ends, into holes and read-only pages.</summary>
public sealed class LoopCheckTests(DifferentialRunner runner) : IClassFixture<DifferentialRunner>
{
    private const int Cases = 60;

    private static readonly int[] s_steps = [0, 1, 2, 3, 4, 8, 16, 24, 32, 40, 64, 100, 128, 250, 256, 1000, -1, -4, -8, -16, -20, -64, -256];

    /// <summary>Registers that live in the host's and in the state block.</summary>
    private static readonly AssemblerRegister64[] s_pointers = [rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 12)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Loop_OverPages_DoesWhatTheHostDoes(int seed)
    {
        Random random = new(seed);
        for (int i = 0; i < Cases; i++)
        {
            runner.ExpectMatch(Loop(random, turns: random.Next(20, 500), entries: 1));
            runner.ExpectMatch(Loop(random, turns: random.Next(1, 12), entries: random.Next(20, 60)));
        }
    }

    [Fact]
    public void Loop_ThatStoresOverItself_IsSeen() => runner.ExpectMatch(CpuCase.Of(c =>
    {
        Label head = c.CreateLabel();
        Label patched = c.CreateLabel();
        c.lea(rdi, __[patched]);
        c.sub(rdi, 400);
        c.mov(ecx, 500);
        c.Label(ref head);
        c.and(__byte_ptr[rdi], 0xFF);
        c.inc(rdi);
        c.Label(ref patched);
        c.add(rdx, 1);
        c.dec(ecx);
        c.jne(head);
    }));

    /// <summary>A loop over one to four streams, entered several times with a few turns each or once with many.</summary>
    private static CpuCase Loop(Random random, int turns, int entries)
    {
        AssemblerRegister64[] pointers = [.. s_pointers];
        random.Shuffle(pointers);
        int streams = random.Next(1, 5);
        int[] steps = [.. Enumerable.Range(0, streams).Select(_ => s_steps[random.Next(s_steps.Length)])];
        CpuCase test = CpuCase.Of(c =>
        {
            Label outer = c.CreateLabel();
            Label head = c.CreateLabel();
            Label leave = c.CreateLabel();
            c.Label(ref outer);
            c.mov(ebx, turns);
            c.Label(ref head);
            for (int i = 0; i < streams; i++)
            {
                EmitAccess(c, random, pointers[i]);
                if (steps[i] != 0)
                {
                    c.add(pointers[i], steps[i]);
                }
            }

            if (random.Next(3) == 0)
            {
                c.cmp(eax, random.Next());
                c.je(leave);
                EmitAccess(c, random, pointers[0]);
            }

            c.dec(ebx);
            c.jne(head);
            c.Label(ref leave);
            c.dec(rcx);
            c.jne(outer);
        }).With(rcx, (ulong)entries).With(rdx, (ulong)random.Next(64));
        for (int i = 0; i < streams; i++)
        {
            test.With(pointers[i], Place(random));
        }

        return test;
    }

    /// <summary>Near the page ends, or anywhere in the data.</summary>
    private static ulong Place(Random random) => random.Next(4) switch
    {
        0 => AddressMap.Data + 0x1000 + (ulong)random.Next(-64, 64),
        1 => AddressMap.ReadOnly + (ulong)random.Next(-128, 0),
        2 => AddressMap.DataIsland + (ulong)random.Next(0x1000),
        _ => AddressMap.Data + (ulong)random.Next(0x1F00),
    };

    private static void EmitAccess(Assembler c, Random random, AssemblerRegister64 pointer)
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
