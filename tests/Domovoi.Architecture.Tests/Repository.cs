// SPDX-License-Identifier: MIT
namespace Domovoi.Architecture;

/// <summary>The checked-out tree that the tests of this project read.</summary>
internal static class Repository
{
    private static readonly string[] s_builtFolders = ["bin", "obj", "out", "TestResults"];

    internal static string Root { get; } = FindRoot();

    /// <summary>Every C# source file below <paramref name="folder"/>, without what a build leaves behind.</summary>
    internal static IReadOnlyList<SourceFile> Sources(string folder) =>
        [.. Files(folder, "*.cs").Select(path => SourceFile.Read(Root, path))];

    /// <summary>Paths relative to the root, with forward slashes, in a stable order.</summary>
    internal static IEnumerable<string> Files(string folder, string pattern)
    {
        string start = Path.Combine(Root, folder);
        return !Directory.Exists(start)
            ? []
            : Directory.EnumerateFiles(start, pattern, SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(Root, path))
                .Where(path => !path.Split('/').Intersect(s_builtFolders).Any())
                .Order(StringComparer.Ordinal);
    }

    internal static bool Exists(string path) => Path.Exists(Path.Combine(Root, path));

    internal static string ReadText(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Domovoi.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("No Domovoi.slnx above the test's folder.");
    }
}
