// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Cases;
using Domovoi.Cpu.Tests.Generation;

namespace Domovoi.Cpu.Tests;

/// <summary>Byte strings no compiler makes: the decoder must see what the silicon sees.</summary>
public sealed class MutationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Instruction_WithOddBytes_DoesWhatTheHostDoes(int seed)
    {
        var log = new FailureLog();
        using var runner = new DifferentialRunner();
        foreach (CpuCase[] batch in CaseStream.Batches(CaseStream.Mutations(seed, count: 3072)))
        {
            runner.Run(batch, log);
            if (log.Count > 40)
            {
                break;
            }
        }

        Assert.True(log.Count == 0, log.Describe(limit: 20));
    }
}
