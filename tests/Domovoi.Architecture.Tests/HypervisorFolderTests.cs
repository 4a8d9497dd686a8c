// SPDX-License-Identifier: MIT
using System.Text.RegularExpressions;

namespace Domovoi.Architecture;

/// <summary>The folders inside Domovoi.Hypervisor: what decodes a guest's wish may use what carries it out, never the reverse.</summary>
public sealed partial class HypervisorFolderTests
{
    private static readonly string[] s_meaning = ["Events", "Grants", "Frames", "PvMmu", "Timers"];
    private static readonly string[] s_decoding = ["Hypercalls", "Traps", "Boot"];

    [Fact]
    public void Subsystem_ThatGivesMeaning_DoesNotKnowWhoDecodes() => Violations.None(
        from file in Repository.Sources("src/Domovoi.Hypervisor")
        where s_meaning.Contains(file.Subsystem)
        from line in file.CodeLines
        let match = NamespaceUse().Match(line.Text)
        where match.Success && s_decoding.Contains(match.Groups[1].Value)
        select $"{file.Path}:{line.Number} uses {match.Value}");

    [Fact]
    public void Domain_OnlyComposes_AndStaysSmall() =>
        Assert.All(
            Repository.Sources("src/Domovoi.Hypervisor").Where(file => file.Path.EndsWith("/Domains/Domain.cs", StringComparison.Ordinal)),
            file => Assert.InRange(file.Lines.Count, 0, 150));

    [GeneratedRegex(@"Domovoi\.Hypervisor\.(\w+)")]
    private static partial Regex NamespaceUse();
}
