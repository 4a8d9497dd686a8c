// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Launch;
using Domovoi.DomainHost.Launch;

namespace Domovoi.DomainHost;

public sealed class LaunchArgumentsTests : IDisposable
{
    private const string Least = "\"id\":5,\"name\":\"g\",\"uuid\":\"7c5e1f0e-5a1f-4ac5-8b2f-0d6b7a1c2d3e\",\"folder\":\"/f\",\"kernel\":\"/k\"";
    private readonly string _file = Path.GetTempFileName();

    [Fact]
    public void Specification_ThatSaysLittle_HasTheDefaultsOfTheContract()
    {
        DomainSpecification read = Read($"{{{Least},\"memoryKiB\":4096}}");
        Assert.Equal(new DomainSpecification { Id = 5, Name = "g", Uuid = read.Uuid, Folder = "/f", Kernel = "/k", MemoryKiB = 4096 }, read);
        Assert.Equal((1, EndAction.Restart, ""), (read.Vcpus, read.OnReboot, read.CommandLine));
    }

    [Fact]
    public void Specification_WithWordsNobodyKnows_IsRead() => Assert.Equal(5, Read($"{{{Least},\"memoryKiB\":4096,\"later\":true}}").Id);

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("{" + Least + "}")]
    [InlineData("{" + Least + ",\"memoryKiB\":0}")]
    [InlineData("{" + Least + ",\"memoryKiB\":4096,\"vcpus\":129}")]
    [InlineData("{" + Least + ",\"memoryKiB\":4096,\"onCrash\":\"explode\"}")]
    public void Specification_ThatIsWrong_IsAProblem(string json) =>
        Assert.Equal("bad-specification", Assert.Throws<ProblemException>(() => Read(json)).Problem.Code);

    [Fact]
    public void CommandLine_OfSomethingElse_IsAProblem() =>
        Assert.Equal("usage", Assert.Throws<ProblemException>(() => LaunchArguments.Read(["--help"])).Problem.Code);

    public void Dispose() => File.Delete(_file);

    private DomainSpecification Read(string json)
    {
        File.WriteAllText(_file, json);
        return LaunchArguments.Read(["--spec", _file]);
    }
}
