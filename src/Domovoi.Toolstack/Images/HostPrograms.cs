// SPDX-License-Identifier: MIT
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Images;

/// <summary>Programs of the host that making and repairing images needs, each with the Debian package that has it.</summary>
internal static class HostPrograms
{
    private static readonly string[] s_folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    /// <summary>Where a program is; null if it is not installed. An ordinary user's PATH leaves the sbin folders out.</summary>
    internal static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Concat(s_folders)
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);

    /// <exception cref="ProblemException">It is not installed.</exception>
    internal static string Require(string program, string package, string purpose) => Find(program) ?? throw new ProblemException(
        "tool-missing", $"`{program}` is missing, which {purpose}", $"install it: apt-get install {package}");
}
