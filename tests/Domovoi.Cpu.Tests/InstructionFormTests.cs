// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Cases;
using Domovoi.Cpu.Tests.Generation;
using Iced.Intel;

namespace Domovoi.Cpu.Tests;

/// <summary>Each instruction form the guest may use, with random operands, against the host's processor.</summary>
public sealed class InstructionFormTests
{
    public static TheoryData<string> Families => [.. InstructionFamilies.Names];

    [Theory]
    [MemberData(nameof(Families))]
    public void Form_OfAFamily_DoesWhatTheHostDoes(string family) => Compare(family, 64, times: 12);

    [Fact]
    public void Form_InCompatibilityMode_DoesWhatItsTwinDoesOnTheHost()
    {
        var log = new FailureLog();
        using var runner = new DifferentialRunner();
        IEnumerable<Code> codes = InstructionCatalog.Testable(32);
        foreach (CpuCase[] batch in CaseStream.Batches(CaseStream.Forms(20261122, codes, 32, times: 4, new Coverage())))
        {
            runner.Run(batch, log);
            if (log.Count > 30)
            {
                break;
            }
        }

        Assert.True(log.Count == 0, log.Describe(limit: 12));
    }

    private static void Compare(string family, int bitness, int times)
    {
        var log = new FailureLog();
        using var runner = new DifferentialRunner();
        IEnumerable<Code> codes = InstructionCatalog.Testable(bitness).Where(code => InstructionFamilies.Of(code) == family);
        foreach (CpuCase[] batch in CaseStream.Batches(CaseStream.Forms(20261122, codes, bitness, times, new Coverage())))
        {
            runner.Run(batch, log);
            if (log.Count > 30)
            {
                break;
            }
        }

        Assert.True(log.Count == 0, log.Describe(limit: 12));
    }
}
