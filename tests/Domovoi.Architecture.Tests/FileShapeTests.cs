// SPDX-License-Identifier: MIT
using System.Text.RegularExpressions;

namespace Domovoi.Architecture;

/// <summary>Size, head and name of each file: what keeps things findable.</summary>
public sealed partial class FileShapeTests
{
    private const int LimitOfAFile = 500;
    private const int LimitOfATestFile = 600;
    private const int LimitOfAMethod = 60;

    /// <summary>Files that may be long or hold a long method, each with the reason.</summary>
    private static readonly Dictionary<string, string> s_sizeExemptions = [];

    private static readonly string[] s_folders = ["src", "tests", "bench", "fuzz"];

    [Fact]
    public void File_Size_StaysInsideTheLimit() => Violations.None(
        from file in AllSources()
        where !file.IsGenerated && !s_sizeExemptions.ContainsKey(file.Path)
        let limit = file.Path.StartsWith("tests/", StringComparison.Ordinal) ? LimitOfATestFile : LimitOfAFile
        where file.Lines.Count > limit
        select $"{file.Path} has {file.Lines.Count} lines, {limit} are allowed");

    [Fact]
    public void Method_Size_StaysInsideTheLimit() => Violations.None(
        from file in Repository.Sources("src")
        where !file.IsGenerated && !s_sizeExemptions.ContainsKey(file.Path)
        from member in LongMembers(file)
        select member);

    [Fact]
    public void SizeExemption_NamesAFileThatExists() => Assert.All(s_sizeExemptions.Keys, path => Assert.True(Repository.Exists(path), path));

    [Fact]
    public void File_FirstLine_NamesTheLicense() => Violations.None(
        AllSources().Where(file => file.Lines is not ["// SPDX-License-Identifier: MIT", ..]).Select(file => file.Path));

    [Fact]
    public void File_Namespace_IsItsFolder() => Violations.None(
        from file in Repository.Sources("src")
        let declared = file.Lines.FirstOrDefault(line => line.StartsWith("namespace ", StringComparison.Ordinal))
        let expected = $"namespace {file.Folder["src/".Length..].Replace('/', '.')};"
        where declared is not null && declared != expected
        select $"{file.Path}: '{declared}', expected '{expected}'");

    /// <summary>An enum or a record that only serves the file's type may stand beside it.</summary>
    [Fact]
    public void File_Name_IsItsPublicType() => Violations.None(
        from file in Repository.Sources("src")
        where file.Project != "Domovoi.Xen.Abi"                     // there a file is a public header
        let types = file.Types.Where(type => type.IsPublic).DistinctBy(type => type.Name).ToList()
        where types.Count > 0
        where types.Count(type => !type.IsCompanion) > 1 || !types.Any(type => file.Name.StartsWith(type.Name, StringComparison.Ordinal))
        select $"{file.Path} holds {string.Join(", ", types.Select(type => type.Name))}");

    [Fact]
    public void Type_Name_SaysWhatItIs() => Violations.None(
        from file in AllSources()
        where file.Project != "Domovoi.Xen.Abi"                     // there the words are Xen's
        from type in file.Types
        where VagueSuffix().IsMatch(type.Name)
        select $"{file.Path}:{type.Number}: {type.Name}");

    [Fact]
    public void Code_HasNoRegions() => Violations.None(
        from file in AllSources()
        where file.Lines.Any(line => line.TrimStart().StartsWith("#region", StringComparison.Ordinal))
        select file.Path);

    private static IEnumerable<SourceFile> AllSources() => s_folders.SelectMany(Repository.Sources);

    /// <summary>Members of a top-level type: the formatter puts their braces on lines of their own, four spaces deep.</summary>
    private static IEnumerable<string> LongMembers(SourceFile file)
    {
        int open = -1;
        for (int line = 0; line < file.Lines.Count; line++)
        {
            if (file.Lines[line] == "    {")
            {
                open = line;
            }
            else if (file.Lines[line] == "    }" && open >= 0)
            {
                int length = line - open - 1;
                if (length > LimitOfAMethod && !NestedType().IsMatch(file.Lines[open - 1]))
                {
                    yield return $"{file.Path}:{open}: {length} lines, {LimitOfAMethod} are allowed";
                }

                open = -1;
            }
        }
    }

    [GeneratedRegex("(Manager|Helpers?|Utils?|Utilities|Common|Base|Impl|Info|Data)$")]
    private static partial Regex VagueSuffix();

    [GeneratedRegex(@"\b(class|struct|interface|enum|record)\b")]
    private static partial Regex NestedType();
}
