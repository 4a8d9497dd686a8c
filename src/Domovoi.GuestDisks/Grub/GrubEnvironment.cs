// SPDX-License-Identifier: MIT
namespace Domovoi.GuestDisks.Grub;

/// <summary>GRUB's environment block, <c>grubenv</c>: what <c>grub-set-default</c> and <c>grub-reboot</c> left for the next boot.</summary>
internal static class GrubEnvironment
{
    private const string Head = "# GRUB Environment Block";

    /// <summary>Its <c>name=value</c> lines; a backslash keeps the next character, even the end of a line.</summary>
    internal static IEnumerable<KeyValuePair<string, string>> Read(string? text)
    {
        if (text is null || !text.StartsWith(Head, StringComparison.Ordinal))
        {
            yield break;
        }

        foreach (string line in text.Split('\n'))
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && !line.StartsWith('#'))
            {
                yield return KeyValuePair.Create(line[..equals], line[(equals + 1)..].Replace("\\\\", "\\", StringComparison.Ordinal));
            }
        }
    }
}
