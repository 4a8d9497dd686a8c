// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Cases;
using Domovoi.Cpu.Tests.Oracle;
using Domovoi.Cpu.Tests.Programs;
using Iced.Intel;

namespace Domovoi.Cpu.Tests.Generation;

/// <summary>Batches of cases, reproducible from their seed.</summary>
internal static class CaseStream
{
    /// <summary>Each form of a slice of the catalog, some times over.</summary>
    internal static IEnumerable<CpuCase> Forms(int seed, IEnumerable<Code> codes, int bitness, int times, Coverage coverage)
    {
        foreach (Code code in codes)
        {
            var generator = new FormGenerator(new Random(seed ^ ((int)code * 7919)));
            for (int i = 0; i < times; i++)
            {
                if (generator.TryCreate(code, bitness) is { } test)
                {
                    coverage.Add(bitness, code);
                    yield return test;
                }
            }
        }
    }

    /// <summary>Programs of several instructions, each with one start state.</summary>
    internal static IEnumerable<CpuCase> Sequences(int seed, int count)
    {
        var generator = new ProgramGenerator(seed);
        var program = new RandomProgram();
        var state = new RandomState();
        for (int i = 0; i < count; i++)
        {
            generator.Draw(program);
            generator.Draw(state, program);
            yield return program.ToCase(state);
        }
    }

    /// <summary>Instructions with odd prefixes and flipped bits.</summary>
    internal static IEnumerable<CpuCase> Mutations(int seed, int count)
    {
        var generator = new MutationGenerator(new Random(seed));
        for (int i = 0; i < count;)
        {
            if (generator.TryCreate() is { } test)
            {
                i++;
                yield return test;
            }
        }
    }

    internal static IEnumerable<CpuCase[]> Batches(IEnumerable<CpuCase> cases) => cases.Chunk(CaseSlot.Capacity);
}
