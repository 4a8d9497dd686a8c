// SPDX-License-Identifier: MIT
using System.Text.RegularExpressions;

namespace Domovoi.Architecture;

/// <summary>Where pointers, native calls and the process's surroundings may be touched.</summary>
public sealed partial class NativeBorderTests
{
    /// <summary>Waiting for another process's file lock or for its end: there is no wait with a limit to be had.</summary>
    private static readonly string[] s_waitsForProcesses =
    [
        "src/Domovoi.Contracts/Registry/DomainLock.cs",
        "src/Domovoi.Toolstack/Lifecycle/DomainEnding.cs",
        "src/Domovoi.Toolstack/Provisioning/DebianGuest.cs",
        "src/Domovoi.Toolstack/Registry/RegistryGate.cs",
    ];

    private static readonly string[] s_unsafeProjects = ["Domovoi.Linux", "Domovoi.Memory", "Domovoi.Cpu"];

    [Fact]
    public void UnsafeCode_StandsInThreeProjects() => Violations.None(
        Matches("src", UnsafeWord()).Where(use => !s_unsafeProjects.Any(project => use.StartsWith($"src/{project}/", StringComparison.Ordinal))));

    [Fact]
    public void UnsafeBlocks_AreAllowedInThreeProjects() => Violations.None(
        from path in Repository.Files("src", "*.csproj")
        where Repository.ReadText(path).Contains("AllowUnsafeBlocks", StringComparison.Ordinal)
        where !s_unsafeProjects.Contains(Path.GetFileNameWithoutExtension(path))
        select path);

    [Fact]
    public void NativeCall_IsDeclaredInDomovoiLinux() => Violations.None(
        Matches("src", NativeDeclaration()).Where(use => !use.StartsWith("src/Domovoi.Linux/", StringComparison.Ordinal)));

    [Fact]
    public void Console_IsTheCommandLinesAlone() => Violations.None(
        Matches("src", ConsoleUse()).Where(use => !use.StartsWith("src/Domovoi.Cli/", StringComparison.Ordinal)));

    [Fact]
    public void WallClock_ComesFromTimeProvider() => Violations.None(Matches("src", WallClock()));

    [Fact]
    public void Sleeping_IsNotWaiting() => Violations.None(
        Matches("src", Sleep()).Concat(Matches("tests", Sleep())).Where(use => !s_waitsForProcesses.Contains(use.Split(':')[0])));

    [Fact]
    public void Reflection_IsNotUsed() => Violations.None(Matches("src", Reflection()));

    private static IEnumerable<string> Matches(string folder, Regex pattern) =>
        from file in Repository.Sources(folder)
        from line in file.CodeLines
        where pattern.IsMatch(line.Text)
        select $"{file.Path}:{line.Number}: {line.Text.Trim()}";

    [GeneratedRegex(@"\bunsafe\b")]
    private static partial Regex UnsafeWord();

    [GeneratedRegex(@"\b(LibraryImport|DllImport)\b")]
    private static partial Regex NativeDeclaration();

    [GeneratedRegex(@"(?<![\w.])(System\.)?Console\.(Write|Read|Out|Error|In|Key|Open|Set|Cancel|Clear|Is)")]
    private static partial Regex ConsoleUse();

    [GeneratedRegex(@"\bDateTime(Offset)?\.(Now|UtcNow|Today)\b")]
    private static partial Regex WallClock();

    [GeneratedRegex(@"\bThread\.Sleep\b")]
    private static partial Regex Sleep();

    [GeneratedRegex(@"\busing System\.Reflection\b(?!\.Metadata)|\bActivator\.CreateInstance\b")]
    private static partial Regex Reflection();
}
