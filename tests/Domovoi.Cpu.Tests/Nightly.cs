// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Domovoi.Cpu.Tests.Cases;
using Domovoi.Cpu.Tests.Generation;
using Domovoi.Cpu.Tests.Machines;
using Domovoi.Cpu.Tests.Programs;
using Iced.Intel;

namespace Domovoi.Cpu.Tests;

/// <summary>The long run: <c>nightly [--seed N] [--seconds N] [--cases N] [--parallel N] [--what forms|sequences|mutations|all]
/// [--states N] [--stress NAME[,NAME...]|all]</c>.</summary>
internal static class Nightly
{
    internal static int Run(ReadOnlySpan<string> arguments)
    {
        if (!NightlyOptions.TryParse(arguments, out NightlyOptions options))
        {
            return 2;
        }

        int result = 0;
        foreach (Stress stress in options.Stresses)
        {
            result |= Run(options, stress);
        }

        return result;
    }

    private static int Run(NightlyOptions options, Stress stress)
    {
        var coverage = new Coverage();
        var log = new FailureLog();
        var totals = new NightlyTotals();
        var clock = Stopwatch.StartNew();
        TimeSpan time = TimeSpan.FromSeconds((double)options.Seconds / options.Stresses.Count);
        Parallel.For(0, options.Parallel, new ParallelOptions { MaxDegreeOfParallelism = options.Parallel }, thread =>
        {
            bool Goes() => clock.Elapsed < time && totals.Runs < options.Cases && log.Count < 100;
            bool alone = options.What == "sequences";
            using var programs = new ProgramRunner(Mix(Mix(options.Seed, (int)stress), thread), stress, options.States);
            using DifferentialRunner? cases = alone ? null : new DifferentialRunner(stress);
            while (Goes())
            {
                int turn = totals.NextTurn();
                if (alone || (options.What == "all" && turn % 2 == 0))
                {
                    for (int i = 0; i < 64 && Goes(); i++)
                    {
                        totals.Add(programs, () => programs.RunBatch(log));
                    }

                    continue;
                }

                foreach (CpuCase[] batch in CaseStream.Batches(Round(options, turn, coverage)).TakeWhile(_ => Goes()))
                {
                    cases!.Run(batch, log);
                    totals.AddCases(batch.Length);
                }
            }
        });

        Console.WriteLine($"{DateTime.UtcNow:yyyy-MM-dd HH:mm} stress {stress}, seed {options.Seed}, {clock.Elapsed.TotalSeconds:F0} s: {totals}, {log.Count} kinds of difference");
        if (options.What != "sequences")
        {
            Console.WriteLine(coverage.Report(64));
            Console.WriteLine(coverage.Report(32));
        }

        if (log.Count > 0)
        {
            Console.WriteLine(log.Describe(limit: 50));
        }

        return log.Count == 0 ? 0 : 1;
    }

    private static int Mix(int seed, int number) => unchecked((seed * 1_000_003) + number);

    /// <summary>Mutations, or a part of the forms.</summary>
    private static IEnumerable<CpuCase> Round(NightlyOptions options, int turn, Coverage coverage)
    {
        int mixed = Mix(options.Seed, turn);
        string what = options.What;
        if (what == "mutations" || (what == "all" && turn % 6 == 1))
        {
            return CaseStream.Mutations(mixed, 4096);
        }

        int slice = (what == "all" ? turn / 2 : turn) % 20;
        int bitness = slice < 16 ? 64 : 32;
        IEnumerable<Code> codes = InstructionCatalog.Testable(bitness)
            .Where((_, index) => bitness == 64 ? index % 16 == slice : index % 4 == slice - 16);
        return CaseStream.Forms(mixed, codes, bitness, times: 30, coverage);
    }
}
