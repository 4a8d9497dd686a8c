// SPDX-License-Identifier: MIT
using System.Text.RegularExpressions;

namespace Domovoi.Architecture;

/// <summary>A comment says what the name cannot; one that is empty or repeats the name is noise.</summary>
public sealed partial class DocCommentTests
{
    private static readonly HashSet<string> s_fillers =
    [
        "a", "an", "the", "this", "that", "of", "for", "to", "in", "is", "are", "and", "or", "its", "gets", "get", "sets", "set",
        "returns", "value", "class", "struct", "type", "method", "property", "instance", "new", "represents",
    ];

    [Fact]
    public void Tag_IsNotEmpty() => Violations.None(
        from file in Sources()
        from line in file.Lines.Select((text, index) => (Text: text, Number: index + 1))
        where EmptyTag().IsMatch(line.Text)
        select $"{file.Path}:{line.Number}: {line.Text.Trim()}");

    [Fact]
    public void Summary_DoesNotRestateTheName() => Violations.None(
        from file in Sources()
        from index in Enumerable.Range(0, file.Lines.Count)
        let summary = OneLineSummary().Match(file.Lines[index])
        where summary.Success && !summary.Groups[1].Value.Contains("<c>", StringComparison.Ordinal)
        let declaration = file.Lines.Skip(index + 1).FirstOrDefault(IsDeclaration)
        where declaration is not null && Restates(summary.Groups[1].Value, declaration)
        select $"{file.Path}:{index + 1}: {summary.Groups[1].Value}");

    private static IEnumerable<SourceFile> Sources() => Repository.Sources("src").Concat(Repository.Sources("tests"));

    private static bool IsDeclaration(string line)
    {
        string text = line.Trim();
        return text.Length > 0 && !text.StartsWith("///", StringComparison.Ordinal) && !text.StartsWith('[');
    }

    private static bool Restates(string summary, string declaration)
    {
        string plain = Markup().Replace(summary, " ");
        HashSet<string> names = [.. Words(declaration)];
        List<string> said = [.. Words(plain).Where(word => !s_fillers.Contains(word))];
        return said.Count > 0 && !Acronym().IsMatch(plain) && said.TrueForAll(names.Contains);
    }

    private static IEnumerable<string> Words(string text) =>
        Word().Matches(text).Select(match => match.Value.ToLowerInvariant());

    /// <summary>A word of the processor's manual or of Xen, which the C# spelling of a name hides.</summary>
    [GeneratedRegex("[A-Z]{2,}")]
    private static partial Regex Acronym();

    [GeneratedRegex(@"<(summary|remarks|returns|param|value|exception)\b[^>]*>\s*</\1>")]
    private static partial Regex EmptyTag();

    [GeneratedRegex("///\\s*<summary>(.*)</summary>")]
    private static partial Regex OneLineSummary();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Markup();

    [GeneratedRegex("[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")]
    private static partial Regex Word();
}
