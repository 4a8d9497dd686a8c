// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Linux;

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
                "config-kernel",
                $"{source}: the kernel is missing",
                reader.PlaceOf("kernel"),
                reader.IsSet("disk") ? "add kernel=\"/path/of/vmlinuz\", or bootloader=\"pygrub\" for the one on its disk" : "add kernel=\"/path/of/vmlinuz\"")
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
        return Path.Exists(full)
            ? FileIdentity.Of(full).Kind switch
            {
                FileKind.Regular => full,
                FileKind.Directory => throw reader.Wrong(name, $"{full} is a directory, expected a file"),
                _ => throw reader.Wrong(name, $"{full} is a device, a pipe or a socket, expected a file"),
            }
            : throw reader.Wrong(name, $"{full} does not exist", Hint(full));
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
