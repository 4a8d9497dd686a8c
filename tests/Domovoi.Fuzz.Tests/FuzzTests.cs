// SPDX-License-Identifier: MIT
namespace Domovoi.Fuzz;

/// <summary>A slice of <c>bench/fuzz</c> with fixed seeds, and the seeds that have broken something once.</summary>
public sealed class FuzzTests
{
    public static TheoryData<string> Targets => [.. FuzzTargets.All.Keys];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Target_UnderManyInputs_HoldsItsGround(string name)
    {
        FuzzRun run = new(name, static _ => { });
        Assert.Null(run.Run(first: 1, TimeSpan.FromSeconds(3), most: 2000));
        Assert.True(run.Cases > 0);
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("block-ring", "--seed")]
    public void Command_WithWrongArguments_SaysHowItIsUsed(params string[] arguments)
    {
        using StringWriter output = new();
        Assert.Equal(2, new FuzzCommand(output).Run(arguments));
        Assert.Contains("block-ring", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Command_WithASeed_RunsThatCaseAlone()
    {
        using StringWriter output = new();
        Assert.Equal(0, new FuzzCommand(output).Run(["--seed", "7", "disk-line", "partitions"]));
        Assert.Equal(2, output.ToString().Split('\n').Count(static line => line.Contains(" 1 cases  nothing broke", StringComparison.Ordinal)));
    }
}
