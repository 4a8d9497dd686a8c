// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Images;

/// <summary>Sizes as people write them: <c>8G</c>, <c>512M</c>, <c>1.5T</c>, or bytes.</summary>
public static class DiskSize
{
    private const string Units = "KMGT";

    /// <summary>Bytes, rounded down to whole KiB.</summary>
    /// <exception cref="ProblemException">It is no size, or outside the limits.</exception>
    public static long Parse(string text, long smallest, long largest)
    {
        ArgumentNullException.ThrowIfNull(text);
        string number = text.TrimEnd('B', 'b', 'i');
        int unit = number.Length > 0 ? Units.IndexOf(char.ToUpperInvariant(number[^1]), StringComparison.Ordinal) : -1;
        number = unit >= 0 ? number[..^1] : number;
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value))
        {
            throw new ProblemException("size", $"\"{text}\" is not a size", "write it like 8G or 512M");
        }

        double bytes = value * Math.Pow(1024, unit + 1);
        return bytes >= smallest && bytes <= largest
            ? (long)bytes & ~1023L
            : throw new ProblemException("size", $"{text} is not between {Describe(smallest)} and {Describe(largest)}");
    }

    /// <summary>The shortest of the units.</summary>
    public static string Describe(long bytes)
    {
        int unit = -1;
        double value = bytes;
        while (value >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#}{(unit < 0 ? "" : Units[unit])}");
    }
}
