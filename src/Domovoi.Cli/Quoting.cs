// SPDX-License-Identifier: MIT
namespace Domovoi.Cli;

/// <summary>Writes strings as a configuration file has them.</summary>
internal static class Quoting
{
    internal static string Text(string text) =>
        '"' + text.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal) + '"';
}
