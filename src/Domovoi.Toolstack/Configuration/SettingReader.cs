// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Configuration;

/// <summary>Takes typed values out of a <see cref="SettingTable"/>; each wrong one is a problem at its place.</summary>
internal sealed class SettingReader(SettingTable settings)
{
    internal string? Text(string name) => Atom(name, "a string")?.Text;

    /// <summary>A number as xl writes them: decimal, <c>0x</c> hexadecimal, or octal after a leading zero.</summary>
    internal long? Number(string name, string unit, long smallest, long largest)
    {
        if (Atom(name, "a number") is not { } atom)
        {
            return null;
        }

        if (settings.Find(name)!.IsSum)
        {
            throw Wrong(name, atom, "+= cannot be used with a number", $"write {name}=NUMBER");
        }

        string range = largest >= long.MaxValue >> 20 ? $"at least {smallest}" : $"from {smallest} to {largest}";
        if (!TryParseNumber(atom.Text, out long value))
        {
            throw Wrong(name, atom, $"expected a number of {unit}, found \"{Shorten(atom.Text)}\"", $"write {name}=NUMBER, {range}");
        }

        return value >= smallest && value <= largest
            ? value
            : throw Wrong(name, atom, $"expected a number of {unit} {range}, found {Shorten(atom.Text)}");
    }

    /// <summary>One of several words.</summary>
    internal T? OneOf<T>(string name, IReadOnlyDictionary<string, T> words)
        where T : struct
    {
        if (Atom(name, "a string") is not { } atom)
        {
            return null;
        }

        if (words.TryGetValue(atom.Text, out T value))
        {
            return value;
        }

        string? near = Spelling.Nearest(atom.Text, words.Keys);
        string choice = string.Join(", ", words.Keys.Select(word => $"\"{word}\""));
        throw Wrong(
            name, atom, $"expected one of {choice}, found \"{Shorten(atom.Text)}\"", near is null ? null : $"did you mean \"{near}\"?");
    }

    /// <summary>A list of strings; empty when the name is not set.</summary>
    internal IReadOnlyList<ConfigAtom> Atoms(string name) => settings.Find(name)?.Value switch
    {
        null => [],
        ConfigList list => [.. list.Items.Select(item => item as ConfigAtom ?? throw Mistake.At(
            "config-value", $"{name}: expected strings in the list, found a list", item.Where))],
        var atom => throw Mistake.At(
            "config-value", $"{name}: expected a list, found a string", atom.Where, $"write {name} = [ '...' ]"),
    };

    internal bool IsSet(string name) => settings.Find(name) is not null;

    internal SourcePosition? PlaceOf(string name) => settings.Find(name)?.Value.Where;

    internal ProblemException Wrong(string name, string message, string? hint = null) =>
        Mistake.At("config-value", $"{name}: {message}", PlaceOf(name), hint);

    private static ProblemException Wrong(string name, ConfigAtom atom, string message, string? hint = null) =>
        Mistake.At("config-value", $"{name}: {message}", atom.Where, hint);

    private ConfigAtom? Atom(string name, string expected) => settings.Find(name)?.Value switch
    {
        null => null,
        ConfigAtom atom => atom,
        var list => throw Mistake.At(
            "config-value", $"{name}: expected {expected}, found a list", list.Where, $"write {name}=VALUE without [ ]"),
    };

    private static bool TryParseNumber(string text, out long value)
    {
        ReadOnlySpan<char> digits = text.AsSpan().TrimStart();
        bool negative = digits is ['-', ..];
        if (digits is ['-' or '+', ..])
        {
            digits = digits[1..];
        }

        bool parsed = digits switch
        {
            ['0', 'x' or 'X', _, ..] => long.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
                && value >= 0,
            ['0', _, ..] => TryParseOctal(digits[1..], out value),
            _ => long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value),
        };
        value = negative ? -value : value;
        return parsed;
    }

    private static bool TryParseOctal(ReadOnlySpan<char> digits, out long value)
    {
        value = 0;
        foreach (char digit in digits)
        {
            if (digit is < '0' or > '7' || value > long.MaxValue >> 3)
            {
                return false;
            }

            value = (value << 3) | (uint)(digit - '0');
        }

        return true;
    }

    private static string Shorten(string value) => value.Length <= 40 ? value : value[..37] + "...";
}
