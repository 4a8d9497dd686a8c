// SPDX-License-Identifier: MIT
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Configuration;

/// <summary>Finds the files that a configuration names.</summary>
/// <remarks>
/// As for xl, a relative path starts at the working directory; if nothing is there, at the configuration file's own. A leading
/// <c>~/</c> is the user's home.
/// </remarks>
internal sealed class GuestPaths(SettingReader reader, string source)
{
    internal string Kernel()
    {
        string? path = reader.Text("kernel");
        return string.IsNullOrEmpty(path)
            ? throw Mistake.At(
                "config-kernel", $"{source}: the kernel is missing", reader.PlaceOf("kernel"), "add kernel=\"/path/of/vmlinuz\"")
            : Existing("kernel", path);
    }

    internal string? Ramdisk()
    {
        string? path = reader.Text("ramdisk");
        return string.IsNullOrEmpty(path) ? null : Existing("ramdisk", path);
    }

    private string Existing(string name, string path)
    {
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            throw reader.Wrong(name, "the path contains a NUL character");
        }

        string full = Candidates(path).FirstOrDefault(Path.Exists) ?? Candidates(path).First();
        if (Directory.Exists(full))
        {
            throw reader.Wrong(name, $"{full} is a directory, expected a file");
        }

        if (!File.Exists(full))
        {
            throw reader.Wrong(name, $"{full} does not exist", Hint(full));
        }

        return full;
    }

    private IEnumerable<string> Candidates(string path)
    {
        if (path.StartsWith("~/", StringComparison.Ordinal))
        {
            return [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), path[2..])];
        }

        string? beside = Path.GetDirectoryName(Path.GetFullPath(source));
        return beside is null ? [Path.GetFullPath(path)] : [Path.GetFullPath(path), Path.GetFullPath(path, beside)];
    }

    private static string? Hint(string path) =>
        path.Contains("/domovoi/", StringComparison.Ordinal) ? "`dom try` fetches Debian's kernel to that place" : null;
}
