// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using Domovoi.Cpu.Tests.Cases;
using Domovoi.Cpu.Tests.Generation;
using Iced.Intel;

namespace Domovoi.Cpu.Tests;

/// <summary>The long run: <c>nightly [--seed N] [--seconds N] [--cases N] [--parallel N] [--what forms|sequences|mutations|all]
/// [--stress none|shortblocks|smallbuffer|kicks|hotloops|bothmodes]</c>.</summary>
internal static class Nightly
{
    internal static int Run(ReadOnlySpan<string> arguments)
    {
        int seed = 1;
        int seconds = 600;
        long cases = long.MaxValue;
        int parallel = Environment.ProcessorCount;
        string what = "all";
        var stress = Machines.Stress.None;
        for (int i = 0; i + 1 < arguments.Length; i += 2)
        {
            string value = arguments[i + 1];
            switch (arguments[i])
            {
                case "--seed": seed = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--seconds": seconds = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--cases": cases = long.Parse(value, CultureInfo.InvariantCulture); break;
                case "--parallel": parallel = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--stress": stress = Enum.Parse<Machines.Stress>(value, ignoreCase: true); break;
                case "--what": what = value; break;
                default: Console.Error.WriteLine($"Unknown option {arguments[i]}."); return 2;
            }
        }

        var coverage = new Coverage();
        var log = new FailureLog();
        long done = 0;
        int round = 0;
        var clock = Stopwatch.StartNew();
        Parallel.For(0, parallel, new ParallelOptions { MaxDegreeOfParallelism = parallel }, _ =>
        {
            using var runner = new DifferentialRunner(stress);
            while (clock.Elapsed.TotalSeconds < seconds && Interlocked.Read(ref done) < cases && log.Count < 100)
            {
                int turn = Interlocked.Increment(ref round);
                foreach (CpuCase[] batch in CaseStream.Batches(Round(seed, turn, what, coverage)))
                {
                    runner.Run(batch, log);
                    Interlocked.Add(ref done, batch.Length);
                    if (clock.Elapsed.TotalSeconds >= seconds)
                    {
                        break;
                    }
                }
            }
        });

        Console.WriteLine($"{done} cases in {clock.Elapsed.TotalSeconds:F0} s ({done / clock.Elapsed.TotalSeconds:F0} a second), " +
            $"seed {seed}, {log.Count} kinds of difference");
        Console.WriteLine(coverage.Report(64));
        Console.WriteLine(coverage.Report(32));
        if (log.Count > 0)
        {
            Console.WriteLine(log.Describe(limit: 50));
        }

        return log.Count == 0 ? 0 : 1;
    }

    /// <summary>Odd rounds take a part of the forms, even ones programs.</summary>
    private static IEnumerable<CpuCase> Round(int seed, int turn, string what, Coverage coverage)
    {
        int mixed = unchecked((seed * 1_000_003) + turn);
        if (what == "sequences" || (what == "all" && turn % 2 == 0))
        {
            return CaseStream.Sequences(mixed, 4096);
        }

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
