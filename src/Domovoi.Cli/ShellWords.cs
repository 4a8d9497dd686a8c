// SPDX-License-Identifier: MIT
namespace Domovoi.Cli;

/// <summary>Turns an argument list back into one line for a shell.</summary>
internal static class ShellWords
{
    /// <summary>One word is a line as the person wrote it; several are quoted so that each stays one.</summary>
    internal static string Join(IReadOnlyList<string> words) =>
        words.Count == 1 ? words[0] : string.Join(' ', words.Select(Quote));

    private static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./=:,+@%".Contains(c, StringComparison.Ordinal))
            ? word
            : "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
