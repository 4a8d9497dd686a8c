// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Cases;
using Domovoi.Cpu.Tests.Generation;
using Domovoi.Cpu.Tests.Machines;

namespace Domovoi.Cpu.Tests;

/// <summary>Random programs on a translator whose rare paths were made common.</summary>
public sealed class StressTests
{
    [Theory]
    [InlineData(Stress.ShortBlocks)]
    [InlineData(Stress.SmallBuffer)]
    [InlineData(Stress.Kicks)]
    [InlineData(Stress.HotLoops)]
    [InlineData(Stress.BothModes)]
    public void Program_UnderStress_DoesWhatTheHostDoes(Stress stress)
    {
        var log = new FailureLog();
        using var runner = new DifferentialRunner(stress);
        foreach (CpuCase[] batch in CaseStream.Batches(CaseStream.Sequences(90 + (int)stress, count: 2048)))
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
