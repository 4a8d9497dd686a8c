// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Cases;
using Domovoi.Cpu.Tests.Generation;

namespace Domovoi.Cpu.Tests;

/// <summary>Random programs: registers and flags handed from one instruction to the next, branches, loops, page borders.</summary>
public sealed class SequenceTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Program_Random_DoesWhatTheHostDoes(int seed)
    {
        var log = new FailureLog();
        using var runner = new DifferentialRunner();
        foreach (CpuCase[] batch in CaseStream.Batches(CaseStream.Sequences(seed, count: 4096)))
        {
            runner.Run(batch, log);
            if (log.Count > 20)
            {
                break;
            }
        }

        Assert.True(log.Count == 0, log.Describe(limit: 6));
    }
}
