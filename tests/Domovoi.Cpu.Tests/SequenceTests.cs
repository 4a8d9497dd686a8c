// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Cases;
using Domovoi.Cpu.Tests.Machines;
using Domovoi.Cpu.Tests.Programs;

namespace Domovoi.Cpu.Tests;

/// <summary>Random programs: registers and flags handed from one instruction to the next, branches, loops, page borders.</summary>
/// <remarks>Also on a translator whose rare paths were made common.</remarks>
public sealed class SequenceTests
{
    private const int Batches = 500;

    [Theory]
    [InlineData(Stress.None)]
    [InlineData(Stress.ShortBlocks)]
    [InlineData(Stress.SmallBuffer)]
    [InlineData(Stress.Kicks)]
    [InlineData(Stress.HotLoops)]
    [InlineData(Stress.BothModes)]
    [InlineData(Stress.Tlb1)]
    [InlineData(Stress.PollAlways)]
    [InlineData(Stress.Retire)]
    [InlineData(Stress.Stored)]
    [InlineData(Stress.SlowPaths)]
    public void Program_Random_DoesWhatTheHostDoes(Stress stress)
    {
        var log = new FailureLog();
        using var runner = new ProgramRunner(90 + (int)stress, stress, states: 3);
        for (int i = 0; i < Batches && log.Count <= 20; i++)
        {
            runner.RunBatch(log);
        }

        Assert.True(log.Count == 0, log.Describe(limit: 6));
    }
}
