// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Launch;
using Domovoi.Toolstack.Host;

namespace Domovoi.Toolstack.Configuration;

/// <summary><c>cpus</c> and <c>cpus_soft</c> of xl.cfg(5), on a host with four processors.</summary>
public sealed class AffinitySettingTests
{
    private readonly List<Problem> _warnings = [];

    [Theory]
    [InlineData("", "")]
    [InlineData("cpus='1-2'", "1-2 all|1-2 all|1-2 all")]
    [InlineData("cpus=2", "2 all|2 all|2 all")]
    [InlineData("cpus=['2', '0,3']", "2 all|0,3 all")]
    [InlineData("cpus=[0, 1, 2, 3, 0]", "0 all|1 all|2 all")]
    [InlineData("cpus_soft='0'; cpus=['1']", "1 0|all 0|all 0")]
    [InlineData("cpus='all,^0'; cpus_soft=['9']", "1-3 none|1-3 all|1-3 all")]
    public void Processors_AreGivenToEachVcpu(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', Read(text).Select(a => $"{Show(a.Hard)} {Show(a.Soft)}")));

    [Theory]
    [InlineData("cpus='4'", "leaves no processor")]
    [InlineData("cpus=''", "leaves no processor")]
    [InlineData("cpus='0-1,^0-1'", "leaves no processor")]
    [InlineData("cpus='two'", "found \"two\"")]
    [InlineData("cpus=[ '0', [ '1' ] ]", "expected strings")]
    [InlineData("cpus_soft='^all'", "cannot be combined")]
    public void Mistake_HasItsPlace(string text, string part)
    {
        Problem problem = Assert.Throws<ProblemException>(() => Read(text)).Problem;
        Assert.Contains(part, problem.Message, StringComparison.Ordinal);
        Assert.Equal(1, problem.Where?.Line);
    }

    [Fact]
    public void ProcessorsOfALargerHost_AreLeftOutWithOneWarning()
    {
        Assert.All(Read("cpus='2-7'"), affinity => Assert.Equal([2, 3], affinity.Hard));
        Assert.Contains("no CPU 4", Assert.Single(_warnings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SoftAffinity_IsSaidOnceToMeanNothing()
    {
        Read("cpus_soft=['0', '1', '2']");
        Assert.Equal("config-soft-affinity", Assert.Single(_warnings).Code);
    }

    private IReadOnlyList<VcpuAffinity> Read(string text) =>
        new AffinitySetting(Parsing.Settings(text), new HostProcessors([0, 1, 2, 3], new Dictionary<int, IReadOnlyList<int>>()), _warnings).Read(vcpus: 3);

    private static string Show(IReadOnlyList<int>? processors) => processors is null ? "all" : CpuList.Show(processors);
}
