// SPDX-License-Identifier: MIT
using System.Buffers;
using System.Collections.Frozen;

namespace Domovoi.Toolstack.Configuration.Disks;

/// <summary>Cuts a disk's line into parameters, as libxlu_disk_l.l does.</summary>
/// <remarks>
/// The rule that matches most wins there; in the order they are tried here: <c>target=</c> takes the rest of the line with
/// commas and blanks; deprecated prefixes (<c>phy:</c>) are stripped; <c>name=value</c> and flags end at the comma; all else is
/// positional and has no <c>=</c>. Beyond xl's grammar, a positional <c>nbd://…</c> or <c>nbd+unix://…</c> is an address, up to the comma.
/// </remarks>
internal sealed class DiskLexer(string text)
{
    private static readonly FrozenSet<string> Flags = FrozenSet.Create(
        StringComparer.Ordinal,
        "cdrom", "direct-io-safe", "discard", "no-discard", "persistent-grants", "no-persistent-grants", "colo", "no-colo", "trusted", "untrusted");

    private static readonly FrozenSet<string> Prefixes = FrozenSet.Create(
        StringComparer.Ordinal,
        "raw:", "qcow:", "qcow2:", "vhd:", "iscsi:", "nbd:", "enbd:", "drbd:", "tapdisk:", "tap:", "tap2:", "aio:", "ioemu:", "file:", "phy:");

    private static readonly SearchValues<char> NameLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_");

    private int _at;

    /// <summary>The next parameter; null at the end.</summary>
    /// <param name="complaint">Set when there is none because the text is wrong; the offset is <see cref="At"/>.</param>
    internal DiskParameter? Next(out string? complaint)
    {
        complaint = null;
        while (_at < text.Length && text[_at] is ' ' or '\t' or '\n')
        {
            _at++;
        }

        if (_at == text.Length)
        {
            return null;
        }

        if (Rest.StartsWith("target=", StringComparison.Ordinal))
        {
            return Target();
        }

        return Address() ?? Prefix(ref complaint) ?? (complaint is null ? UpToComma(ref complaint) : null);
    }

    /// <summary>Where it has come to, counted from 0.</summary>
    internal int At => _at;

    private ReadOnlySpan<char> Rest => text.AsSpan(_at);

    private DiskParameter Target()
    {
        int start = _at;
        int value = _at + "target=".Length;
        _at = text.Length;
        return new DiskParameter("target", text[value..].TrimEnd(','), start, value);
    }

    private DiskParameter? Address()
    {
        if (!Rest.StartsWith("nbd://", StringComparison.Ordinal) && !Rest.StartsWith("nbd+unix://", StringComparison.Ordinal))
        {
            return null;
        }

        int start = _at;
        return new DiskParameter("", TakeToComma(), start, start);
    }

    private DiskParameter? Prefix(ref string? complaint)
    {
        int length = 0;
        while (length < Rest.Length && (Rest[length] is >= 'a' and <= 'z' || (length > 0 && Rest[length] is >= '0' and <= '9')))
        {
            length++;
        }

        if (length == 0 || length == Rest.Length || Rest[length] != ':')
        {
            return null;
        }

        string word = Rest[..(length + 1)].ToString();
        if (Prefixes.Contains(word))
        {
            _at += length + 1;
            return new DiskParameter(word, "", _at - length - 1, _at);
        }

        if (Rest.Length > length + 1 && char.IsAsciiLetterOrDigit(Rest[length + 1]))
        {
            return null;                                    // xvda:cdrom
        }

        complaint = $"unknown deprecated disk prefix {word}";
        return null;
    }

    private DiskParameter? UpToComma(ref string? complaint)
    {
        int start = _at;
        int comma = Rest.IndexOf(',');
        ReadOnlySpan<char> word = comma < 0 ? Rest : Rest[..comma];
        int equals = word.IndexOf('=');
        if (equals < 0)
        {
            string whole = TakeToComma();
            return Flags.Contains(whole)
                ? new DiskParameter(whole, "", start, start)
                : new DiskParameter("", whole, start, start);
        }

        if (equals == 0 || word[..equals].ContainsAnyExcept(NameLetters) || !char.IsAsciiLetterLower(word[0]))
        {
            complaint = "bad disk syntax";
            return null;
        }

        string name = word[..equals].ToString();
        string value = word[(equals + 1)..].ToString();
        TakeToComma();
        return new DiskParameter(name, value, start, start + equals + 1);
    }

    private string TakeToComma()
    {
        int comma = Rest.IndexOf(',');
        string word = comma < 0 ? Rest.ToString() : Rest[..comma].ToString();
        _at += word.Length + (comma < 0 ? 0 : 1);
        return word;
    }
}
