// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;

namespace Domovoi.Toolstack.Configuration;

/// <summary>The inside of a quoted string, with its backslash escapes.</summary>
/// <remarks>
/// The escapes are C's: <c>\a \b \f \n \r \t \v \\ \' \" \xHH \OOO</c>. The two numeric ones mean what xl's own message says
/// they mean; its code skips a digit of them.
/// </remarks>
internal readonly ref struct QuotedText(string text, int start, char quote)
{
    internal string Hint => $"a string starts and ends with {quote} on the same line; \\ escapes";

    /// <summary>On failure <paramref name="end"/> is where the mistake is.</summary>
    internal bool TryRead(out string value, out int end, out string? complaint)
    {
        StringBuilder? unescaped = null;
        int copied = start;
        value = "";
        complaint = null;
        for (end = start; end < text.Length && text[end] != '\n'; end++)
        {
            if (text[end] == quote)
            {
                value = unescaped is null ? text[start..end] : unescaped.Append(text, copied, end - copied).ToString();
                end++;
                return true;
            }

            if (text[end] == '\\')
            {
                unescaped = (unescaped ?? new StringBuilder()).Append(text, copied, end - copied);
                if (!TryEscape(ref end, out char meant))
                {
                    complaint = "unknown escape after a backslash in a string";
                    return false;
                }

                unescaped.Append(meant);
                copied = end + 1;
            }
        }

        complaint = "the string is not closed";
        end = start - 1;
        return false;
    }

    /// <summary>Leaves <paramref name="at"/> on the escape's last character.</summary>
    private bool TryEscape(ref int at, out char meant)
    {
        char c = at + 1 < text.Length ? text[at + 1] : '\n';
        meant = c switch
        {
            '\\' or '\'' or '"' => c,
            'a' => '\a',
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\v',
            _ => '\0',
        };
        if (meant != '\0')
        {
            at++;
            return true;
        }

        return c == 'x' ? TryHexadecimal(ref at, out meant) : TryOctal(ref at, out meant);
    }

    private bool TryHexadecimal(ref int at, out char meant)
    {
        meant = '\0';
        if (at + 3 >= text.Length
            || !byte.TryParse(text.AsSpan(at + 2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte code)
            || code == 0)
        {
            return false;
        }

        meant = (char)code;
        at += 3;
        return true;
    }

    private bool TryOctal(ref int at, out char meant)
    {
        int code = 0;
        int last = at;
        while (last < at + 3 && last + 1 < text.Length && text[last + 1] is >= '0' and <= '7')
        {
            code = (code * 8) + (text[++last] - '0');
        }

        meant = (char)code;
        if (code is 0 or > 255)
        {
            return false;
        }

        at = last;
        return true;
    }
}
