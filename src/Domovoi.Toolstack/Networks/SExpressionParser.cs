// SPDX-License-Identifier: MIT
using System.Text;
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Networks;

/// <summary>Reads S-expressions as xend wrote them: lists in parentheses, words bare or in quotes, <c>#</c> to the end of the line.</summary>
internal sealed class SExpressionParser(string text, string file)
{
    private const int DeepestList = 64;

    private int _at;
    private int _line = 1;
    private int _lineStart;

    /// <exception cref="ProblemException">The first mistake, with its place.</exception>
    internal static IReadOnlyList<SExpression> Parse(string text, string file)
    {
        SExpressionParser parser = new(text, file);
        List<SExpression> all = [];
        while (parser.SkipBlanks())
        {
            all.Add(parser.Next(depth: 0));
        }

        return all;
    }

    private SExpression Next(int depth)
    {
        SourcePosition where = Here();
        char c = text[_at];
        return c switch
        {
            '(' when depth < DeepestList => List(where, depth + 1),
            '(' => throw Wrong(where, "lists are nested too deeply", null),
            ')' => throw Wrong(where, "')' without a '(' before it", "take it out, or add the missing '('"),
            '\'' or '"' => Quoted(where, c),
            _ => Word(where),
        };
    }

    private SExpression List(SourcePosition where, int depth)
    {
        _at++;
        List<SExpression> items = [];
        while (SkipBlanks())
        {
            if (text[_at] == ')')
            {
                _at++;
                return new SExpression(null, false, items, where);
            }

            items.Add(Next(depth));
        }

        throw Wrong(where, "the list that begins here is not closed", "add ')'");
    }

    private SExpression Quoted(SourcePosition where, char quote)
    {
        StringBuilder word = new();
        for (_at++; _at < text.Length && text[_at] != '\n'; _at++)
        {
            if (text[_at] == quote)
            {
                _at++;
                return new SExpression(word.ToString(), true, [], where);
            }

            if (text[_at] == '\\' && _at + 1 < text.Length && text[_at + 1] != '\n')
            {
                _at++;
            }

            word.Append(text[_at]);
        }

        throw Wrong(where, "the string that begins here is not closed", $"add {quote} on the same line");
    }

    private SExpression Word(SourcePosition where)
    {
        int start = _at;
        while (_at < text.Length && !char.IsWhiteSpace(text[_at]) && text[_at] is not ('(' or ')' or '\'' or '"'))
        {
            _at++;
        }

        return new SExpression(text[start.._at], false, [], where);
    }

    /// <summary>false at the end of the text.</summary>
    private bool SkipBlanks()
    {
        while (_at < text.Length && (char.IsWhiteSpace(text[_at]) || text[_at] == '#'))
        {
            if (text[_at] == '#')
            {
                int end = text.IndexOf('\n', _at);
                _at = end < 0 ? text.Length : end;
                continue;
            }

            if (text[_at++] == '\n')
            {
                _line++;
                _lineStart = _at;
            }
        }

        return _at < text.Length;
    }

    private SourcePosition Here() => new(file, _line, _at - _lineStart + 1);

    private static ProblemException Wrong(SourcePosition where, string message, string? hint) => new(new Problem("sxp-syntax", message, where, hint));
}
