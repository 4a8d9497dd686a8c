// SPDX-License-Identifier: MIT
using System.Text.RegularExpressions;

namespace Domovoi.Architecture;

/// <summary>Every number that a guest can ask for has a handler, or a line that says it has none.</summary>
public sealed partial class AbiCoverageTests
{
    private const string Handlers = "src/Domovoi.Hypervisor";

    public static TheoryData<string, string> Numbers => [.. NumbersOfTheAbi()];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Number_OfTheAbi_IsNamedByTheHypervisor(string type, string members)
    {
        string code = string.Join('\n', Repository.Sources(Handlers).SelectMany(file => file.CodeLines).Select(line => line.Text));
        Assert.SkipUnless(Regex.IsMatch(code, $@"\b{type}\."), "its handlers have not been written yet");
        Violations.None(members.Split(' ').Where(member => !Regex.IsMatch(code, $@"\b{type}\.{member}\b")));
    }

    [Fact]
    public void Abi_HoldsShapesOnly() => Violations.None(
        from file in Repository.Sources("src/Domovoi.Xen.Abi")
        from line in file.CodeLines
        where Statement().IsMatch(line.Text)
        select $"{file.Path}:{line.Number}: {line.Text.Trim()}");

    private static IEnumerable<(string Type, string Members)> NumbersOfTheAbi() =>
        from file in Repository.Sources("src/Domovoi.Xen.Abi")
        let text = string.Join('\n', file.CodeLines.Select(line => line.Text))
        from Match match in Enumeration().Matches(text)
        select (match.Groups[1].Value, string.Join(' ', Member().Matches(match.Groups[2].Value).Select(member => member.Groups[1].Value)));

    [GeneratedRegex(@"enum (HypercallNumber|\w+Command)\b[^{]*\{([^}]*)\}")]
    private static partial Regex Enumeration();

    [GeneratedRegex(@"^\s*([A-Z]\w*)\s*(?:=|,|$)", RegexOptions.Multiline)]
    private static partial Regex Member();

    [GeneratedRegex(@"^\s*(for|foreach|while|switch|lock|try|throw)\b")]
    private static partial Regex Statement();
}
