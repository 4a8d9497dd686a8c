// SPDX-License-Identifier: MIT
using System.Xml.Linq;

namespace Domovoi.Architecture;

/// <summary>Which layer may know which: the table of ARCHITECTURE.md, held against the project files.</summary>
public sealed class ProjectReferenceTests
{
    private static readonly Dictionary<string, string[]> s_mayReference = new()
    {
        ["Domovoi.Linux"] = [],
        ["Domovoi.Xen.Abi"] = [],
        ["Domovoi.Contracts"] = [],
        ["Domovoi.Memory"] = ["Domovoi.Linux"],
        ["Domovoi.Cpu"] = ["Domovoi.Linux", "Domovoi.Memory"],
        ["Domovoi.KernelImages"] = ["Domovoi.Linux", "Domovoi.Xen.Abi"],
        ["Domovoi.GuestDisks"] = ["Domovoi.Linux"],
        ["Domovoi.Hypervisor"] = ["Domovoi.Cpu", "Domovoi.Memory", "Domovoi.Xen.Abi", "Domovoi.KernelImages"],
        ["Domovoi.Xenstore"] = ["Domovoi.Xen.Abi"],
        ["Domovoi.Network"] = ["Domovoi.Linux"],
        ["Domovoi.Storage"] = ["Domovoi.Linux"],
        ["Domovoi.Backends"] =
            ["Domovoi.Linux", "Domovoi.Storage", "Domovoi.Network", "Domovoi.Hypervisor", "Domovoi.Xenstore", "Domovoi.Xen.Abi"],
        ["Domovoi.DomainHost"] =
        [
            "Domovoi.Linux", "Domovoi.Storage", "Domovoi.Network", "Domovoi.Memory", "Domovoi.Cpu", "Domovoi.Hypervisor", "Domovoi.Xenstore",
            "Domovoi.Backends", "Domovoi.Xen.Abi", "Domovoi.Contracts", "Domovoi.KernelImages", "Domovoi.GuestDisks",
        ],
        ["Domovoi.Toolstack"] = ["Domovoi.Contracts", "Domovoi.Linux", "Domovoi.Network", "Domovoi.Storage", "Domovoi.GuestDisks", "Domovoi.KernelImages"],
        ["Domovoi.Cli"] = ["Domovoi.Toolstack", "Domovoi.Contracts", "Domovoi.Linux", "Domovoi.GuestDisks"],
    };

    private static readonly Dictionary<string, string[]> s_packages = new()
    {
        ["Domovoi.Cpu"] = ["Iced", "System.IO.Hashing"],
        ["Domovoi.KernelImages"] = ["ZstdSharp.Port", "K4os.Compression.LZ4", "SharpCompress"],
        ["Domovoi.Cli"] = ["System.CommandLine", "Spectre.Console", "Domovoi.GuestDisks"],
        ["Domovoi.DomainHost"] = ["StreamJsonRpc", "Microsoft.Extensions.Logging", "System.IO.Hashing"],
    };

    public static TheoryData<string> Projects =>
        [.. Repository.Files("src", "*.csproj").Select(path => Path.GetFileNameWithoutExtension(path))];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_References_StayInsideTheTable(string project)
    {
        Assert.True(s_mayReference.TryGetValue(project, out string[]? allowed), $"{project} has no row in the table.");
        Violations.None(References(project).Except(allowed!));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_Packages_AreTheOnesItsJobNeeds(string project) =>
        Violations.None(Items(project, "PackageReference").Except(s_packages.GetValueOrDefault(project, [])));

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_VersionsOfPackages_StandInOnePlace(string project) =>
        Assert.DoesNotContain(" Version=", Repository.ReadText($"src/{project}/{project}.csproj"), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_IsPartOfTheSolution(string project) =>
        Assert.Contains($"src/{project}/{project}.csproj", Repository.ReadText("Domovoi.slnx"), StringComparison.Ordinal);

    [Fact]
    public void TestProject_IsPartOfTheSolution()
    {
        string solution = Repository.ReadText("Domovoi.slnx");
        Assert.All(Repository.Files("tests", "*.csproj"), path => Assert.Contains(path, solution, StringComparison.Ordinal));
    }

    private static IEnumerable<string> References(string project) =>
        Items(project, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/')));

    private static IEnumerable<string> Items(string project, string item) =>
        XDocument.Parse(Repository.ReadText($"src/{project}/{project}.csproj"))
            .Descendants(item)
            .Where(element => (string?)element.Attribute("OutputItemType") != "Analyzer")
            .Select(element => (string)element.Attribute("Include")!);
}
