// SPDX-License-Identifier: MIT
using System.Text.RegularExpressions;

namespace Domovoi.Architecture;

/// <summary>One C# file, with the few questions that the rules ask of it. Read as text: the rules are about text.</summary>
internal sealed partial record SourceFile(string Path, IReadOnlyList<string> Lines)
{
    internal string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    internal string Folder => System.IO.Path.GetDirectoryName(Path)!;

    /// <summary><c>Domovoi.Cpu</c> for <c>src/Domovoi.Cpu/Run/X.cs</c>.</summary>
    internal string Project => Path.Split('/')[1];

    /// <summary><c>Events</c> for <c>src/Domovoi.Hypervisor/Events/X.cs</c>; empty at a project's top.</summary>
    internal string Subsystem => Path.Split('/') is [_, _, var folder, _, ..] ? folder : "";

    internal bool IsGenerated => Path.EndsWith(".g.cs", StringComparison.Ordinal);

    /// <summary>The code without comments and without what stands in string literals.</summary>
    internal IEnumerable<(int Number, string Text)> CodeLines =>
        Lines.Select((line, index) => (index + 1, CommentOrLiteral().Replace(line, "")));

    /// <summary>Types declared in the file, nested ones included; a public one stands at the margin.</summary>
    internal IEnumerable<(int Number, string Name, bool IsPublic, bool IsCompanion)> Types =>
        from line in CodeLines
        let match = TypeDeclaration().Match(line.Text)
        where match.Success
        let kind = match.Groups["kind"].Value
        select (
            line.Number,
            match.Groups["name"].Value,
            line.Text.StartsWith("public ", StringComparison.Ordinal),
            kind.StartsWith("enum", StringComparison.Ordinal) || kind.StartsWith("record", StringComparison.Ordinal));

    internal static SourceFile Read(string root, string path) =>
        new(path, File.ReadAllLines(System.IO.Path.Combine(root, path)));

    [GeneratedRegex("""//.*$|^\s*\*.*$|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)'""")]
    private static partial Regex CommentOrLiteral();

    [GeneratedRegex(
        @"^\s*(?:(?:public|internal|private|protected|file|sealed|static|abstract|partial|readonly|ref|unsafe|new)\s+)*" +
        @"(?<kind>class|struct|interface|enum|record(?:\s+(?:class|struct))?)\s+(?<name>[A-Z]\w*)")]
    private static partial Regex TypeDeclaration();
}
