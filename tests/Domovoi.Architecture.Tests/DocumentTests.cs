// SPDX-License-Identifier: MIT
using System.Text.RegularExpressions;

namespace Domovoi.Architecture;

/// <summary>What the documents name must be there: files, folders, tests.</summary>
public sealed partial class DocumentTests
{
    private static readonly string[] s_topLevel = ["src", "tests", "docs", "bench", "fuzz", "examples", ".ci", "."];

    public static TheoryData<string> Documents =>
        [.. Directory.EnumerateFiles(Repository.Root, "*.md").Select(path => Path.GetFileName(path)).Concat(Repository.Files("docs", "*.md")).Order()];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Document_PathsItNames_Exist(string document) => Violations.None(
        from Match match in CodeOrLink().Matches(Repository.ReadText(document))
        let path = match.Groups["code"].Success ? match.Groups["code"].Value : match.Groups["link"].Value
        where IsPath(path, isLink: match.Groups["link"].Success) && !Resolves(document, path)
        select path);

    [Theory]
    [MemberData(nameof(Documents))]
    public void Document_TestsItNames_Exist(string document)
    {
        ILookup<string, string> files = Repository.Files("tests", "*.cs").ToLookup(path => Path.GetFileNameWithoutExtension(path));
        Violations.None(
            from Match match in TestName().Matches(Repository.ReadText(document))
            where !files[match.Groups[1].Value].Any(path => Repository.ReadText(path).Contains(match.Groups[2].Value, StringComparison.Ordinal))
            select match.Value);
    }

    private static bool IsPath(string text, bool isLink)
    {
        if (isLink)
        {
            return !text.Contains(':', StringComparison.Ordinal) && !text.StartsWith('#');
        }

        string first = text.Split('/')[0];
        return text.Contains('/', StringComparison.Ordinal)
            && text.IndexOfAny([' ', '*', '<', '…', '$', '{', '=', ':']) < 0
            && (s_topLevel.Contains(first) || Repository.Exists($"src/Domovoi.{first}"));
    }

    /// <summary>From the root, from the document's own folder, or short for <c>src/Domovoi.</c>.</summary>
    private static bool Resolves(string document, string path)
    {
        string plain = path.Split('#')[0];
        return Repository.Exists(plain)
            || Repository.Exists(Path.Combine(Path.GetDirectoryName(document)!, plain))
            || Repository.Exists($"src/Domovoi.{plain}");
    }

    [GeneratedRegex(@"`(?<code>[^`\s]+)`|\]\((?<link>[^)\s]+)\)")]
    private static partial Regex CodeOrLink();

    [GeneratedRegex(@"`(\w+Tests)\.(\w+)`")]
    private static partial Regex TestName();
}
