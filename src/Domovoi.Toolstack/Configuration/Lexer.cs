// SPDX-License-Identifier: MIT
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Configuration;

/// <summary>Cuts a configuration file into xl's tokens (libxlu_cfg).</summary>
/// <remarks>
/// Names are lower-case letters, digits, dots and underscores; a number is every run of hexadecimal digits and <c>x</c>
/// that starts with a digit. Taken more kindly than by xl: a carriage return before a newline, and a comment that ends
/// with the file.
/// </remarks>
internal sealed class Lexer(string text, string file)
{
    private int _at;
    private int _line = 1;
    private int _lineStart;

    internal Token Next()
    {
        SkipBlanks();
        int start = _at;
        if (start == text.Length)
        {
            return TokenAt(start, TokenKind.EndOfFile, "end of file");
        }

        char c = text[_at++];
        return c switch
        {
            '\n' => NewLine(start),
            ',' => TokenAt(start, TokenKind.Comma, ","),
            '[' => TokenAt(start, TokenKind.Open, "["),
            ']' => TokenAt(start, TokenKind.Close, "]"),
            '=' => TokenAt(start, TokenKind.Assign, "="),
            ';' => TokenAt(start, TokenKind.Semicolon, ";"),
            '+' when _at < text.Length && text[_at] == '=' => Add(start),
            '\'' or '"' => Quoted(start, c),
            >= 'a' and <= 'z' => Run(start, TokenKind.Identifier, IsNameLetter),
            >= '0' and <= '9' => Run(start, TokenKind.Number, IsNumberLetter),
            _ => throw Unexpected(start, c),
        };
    }

    internal SourcePosition PositionOf(in Token token) => new(file, token.Line, token.Column);

    private static bool IsNameLetter(char c) => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '.' or '_';

    private static bool IsNumberLetter(char c) => c is (>= '0' and <= '9') or (>= 'a' and <= 'f') or 'x';

    private void SkipBlanks()
    {
        while (_at < text.Length)
        {
            char c = text[_at];
            if (c == '#')
            {
                int end = text.IndexOf('\n', _at);
                _at = end < 0 ? text.Length : end;
            }
            else if (c is ' ' or '\t' || (c == '\r' && (_at + 1 == text.Length || text[_at + 1] == '\n')))
            {
                _at++;
            }
            else
            {
                return;
            }
        }
    }

    private Token TokenAt(int start, TokenKind kind, string value) => new(kind, value, _line, start - _lineStart + 1);

    private Token NewLine(int start)
    {
        Token token = TokenAt(start, TokenKind.NewLine, "end of line");
        _line++;
        _lineStart = _at;
        return token;
    }

    private Token Add(int start)
    {
        _at++;
        return TokenAt(start, TokenKind.Add, "+=");
    }

    private Token Run(int start, TokenKind kind, Func<char, bool> belongs)
    {
        while (_at < text.Length && belongs(text[_at]))
        {
            _at++;
        }

        return TokenAt(start, kind, text[start.._at]);
    }

    private Token Quoted(int start, char quote)
    {
        QuotedText body = new(text, _at, quote);
        if (!body.TryRead(out string value, out int end, out string? complaint))
        {
            throw Mistake.At("config-string", complaint!, new(file, _line, end - _lineStart + 1), body.Hint);
        }

        _at = end;
        return TokenAt(start, TokenKind.Text, value);
    }

    private ProblemException Unexpected(int start, char c)
    {
        string? hint = c switch
        {
            >= 'A' and <= 'Z' => "names are lower case, and strings stand in quotes: name=\"Guest\"",
            '/' or '~' or '-' => "strings stand in quotes: kernel=\"/boot/vmlinuz\"",
            '+' or '.' or '(' or ')' or ':' => "Python in configuration files is no longer supported, by xl neither",
            _ => null,
        };
        string shown = char.IsControl(c) ? $"character U+{(int)c:X4}" : $"'{c}'";
        return Mistake.At("config-syntax", $"unexpected {shown}", new(file, _line, start - _lineStart + 1), hint);
    }
}
