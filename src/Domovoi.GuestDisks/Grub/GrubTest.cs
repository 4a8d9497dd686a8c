// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Domovoi.GuestDisks.Grub;

/// <summary>GRUB's <c>test</c> and <c>[</c>: strings, numbers, files, and <c>!</c>, <c>-a</c>, <c>-o</c>.</summary>
internal static class GrubTest
{
    internal static bool Evaluate(IReadOnlyList<string> words, Func<string, bool> exists)
    {
        if (words.Count == 0)
        {
            return false;
        }

        for (int i = words.Count - 1; i >= 0; i--)
        {
            if (words[i] == "-o" && i > 0)
            {
                return Evaluate([.. words.Take(i)], exists) || Evaluate([.. words.Skip(i + 1)], exists);
            }
        }

        int and = words.ToList().IndexOf("-a");
        if (and > 0)
        {
            return Evaluate([.. words.Take(and)], exists) && Evaluate([.. words.Skip(and + 1)], exists);
        }

        if (words[0] == "!" && words.Count > 1)
        {
            return !Evaluate([.. words.Skip(1)], exists);
        }

        return words switch
        {
            [var only] => only.Length > 0,
            ["-z", var text] => text.Length == 0,
            ["-n", var text] => text.Length > 0,
            ["-e" or "-f" or "-s" or "-d", var path] => exists(path),
            [var left, "=" or "==", var right] => left == right,
            [var left, "!=", var right] => left != right,
            [var left, var compare, var right] => Compare(left, compare, right),
            _ => false,
        };
    }

    private static bool Compare(string left, string compare, string right)
    {
        if (!long.TryParse(left, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long a)
            || !long.TryParse(right, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long b))
        {
            return false;
        }

        return compare switch
        {
            "-eq" => a == b,
            "-ne" => a != b,
            "-lt" => a < b,
            "-le" => a <= b,
            "-gt" => a > b,
            "-ge" => a >= b,
            _ => false,
        };
    }
}
