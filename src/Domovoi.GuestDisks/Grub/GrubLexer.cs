// SPDX-License-Identifier: MIT
using System.Text;

namespace Domovoi.GuestDisks.Grub;

/// <summary>Cuts a GRUB script into words: the quoting of GRUB's manual, chapter "Writing full configuration files directly".</summary>
internal sealed class GrubLexer
{
    private const int Largest = 4 << 20;

    private readonly string _text;
    private readonly List<GrubToken> _tokens = [];
    private readonly List<GrubWordPart> _parts = [];
    private readonly StringBuilder _literal = new();
    private int _at;
    private int _line = 1;

    private GrubLexer(string text) => _text = text;

    internal static List<GrubToken> Read(string text)
    {
        if (text.Length > Largest)
        {
            throw new GuestDiskException("grub-config", $"GRUB's configuration has {text.Length} characters; at most {Largest} were expected.");
        }

        GrubLexer lexer = new(text);
        lexer.Run();
        return lexer._tokens;
    }

    private void Run()
    {
        while (_at < _text.Length)
        {
            char c = _text[_at];
            switch (c)
            {
                case '\n' or ';':
                    EndWord();
                    _tokens.Add(new GrubToken(null, _line));
                    _line += c == '\n' ? 1 : 0;
                    _at++;
                    break;
                case ' ' or '\t' or '\r':
                    EndWord();
                    _at++;
                    break;
                case '#' when _parts.Count == 0 && _literal.Length == 0:
                    int end = _text.IndexOf('\n', _at);
                    _at = end < 0 ? _text.Length : end;
                    break;
                case '{' or '}' when StandsAlone():
                    EndWord();
                    _tokens.Add(new GrubToken(new GrubWord([new GrubWordPart(c.ToString(), false, false)]), _line));
                    _at++;
                    break;
                default:
                    ReadPiece(c);
                    break;
            }
        }

        EndWord();
        _tokens.Add(new GrubToken(null, _line));
    }

    /// <summary>A brace is one only as a word of its own; <c>${name}</c> and <c>a{b}</c> are not.</summary>
    private bool StandsAlone() => _parts.Count == 0 && _literal.Length == 0
        && (_at + 1 >= _text.Length || _text[_at + 1] is ' ' or '\t' or '\r' or '\n' or ';');

    private void ReadPiece(char c)
    {
        switch (c)
        {
            case '\\':
                ReadEscape(quoted: false);
                break;
            case '\'':
                int close = _text.IndexOf('\'', _at + 1);
                close = close < 0 ? _text.Length : close;
                AddQuoted(_text[(_at + 1)..close]);
                _at = Math.Min(_text.Length, close + 1);
                break;
            case '"':
                ReadDoubleQuotes();
                break;
            case '$':
                ReadVariable(quoted: false);
                break;
            default:
                _literal.Append(c);
                _at++;
                break;
        }
    }

    private void ReadDoubleQuotes()
    {
        AddQuoted("");
        _at++;
        while (_at < _text.Length && _text[_at] != '"')
        {
            if (_text[_at] == '\\')
            {
                ReadEscape(quoted: true);
            }
            else if (_text[_at] == '$')
            {
                FlushLiteral(quoted: true);
                ReadVariable(quoted: true);
            }
            else
            {
                _line += _text[_at] == '\n' ? 1 : 0;
                _literal.Append(_text[_at++]);
            }
        }

        FlushLiteral(quoted: true);
        _at++;
    }

    /// <summary>Inside double quotes a backslash only counts before <c>$ " \</c> and the end of a line.</summary>
    private void ReadEscape(bool quoted)
    {
        char next = _at + 1 < _text.Length ? _text[_at + 1] : '\\';
        _at += 2;
        if (next == '\n')
        {
            _line++;
        }
        else if (quoted)
        {
            _literal.Append(next is '$' or '"' or '\\' ? "" : "\\").Append(next);
        }
        else
        {
            AddQuoted(next.ToString());
        }
    }

    private void ReadVariable(bool quoted)
    {
        int start = _at + 1;
        bool braces = start < _text.Length && _text[start] == '{';
        start += braces ? 1 : 0;
        int end = start;
        while (end < _text.Length && (char.IsAsciiLetterOrDigit(_text[end]) || _text[end] is '_' or '?' or '*' or '@' or '#'))
        {
            end++;
        }

        if (end == start)
        {
            _literal.Append('$');
            _at++;
            return;
        }

        FlushLiteral(quoted);
        _parts.Add(new GrubWordPart(_text[start..end], IsVariable: true, quoted));
        _at = braces && end < _text.Length && _text[end] == '}' ? end + 1 : end;
    }

    private void AddQuoted(string text)
    {
        FlushLiteral(quoted: false);
        _line += text.Count(c => c == '\n');
        _parts.Add(new GrubWordPart(text, IsVariable: false, IsQuoted: true));
    }

    private void FlushLiteral(bool quoted)
    {
        if (_literal.Length > 0)
        {
            _parts.Add(new GrubWordPart(_literal.ToString(), IsVariable: false, quoted));
            _literal.Clear();
        }
    }

    private void EndWord()
    {
        FlushLiteral(quoted: false);
        if (_parts.Count > 0)
        {
            _tokens.Add(new GrubToken(new GrubWord([.. _parts]), _line));
            _parts.Clear();
        }
    }
}
