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
                NearbyAccess.Emit(c, random, pointers[i]);
                if (steps[i] != 0)
                {
                    c.add(pointers[i], steps[i]);
                }
            }

            if (random.Next(3) == 0)
            {
                c.cmp(eax, random.Next());
                c.je(leave);
                NearbyAccess.Emit(c, random, pointers[0]);
            }

            c.dec(ebx);
            c.jne(head);
            c.Label(ref leave);
            c.dec(rcx);
            c.jne(outer);
        }).With(rcx, (ulong)entries).With(rdx, (ulong)random.Next(64));
        for (int i = 0; i < streams; i++)
        {
            test.With(pointers[i], NearbyAccess.Place(random));
        }

        return test;
    }
}
