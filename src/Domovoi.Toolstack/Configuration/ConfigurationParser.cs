// SPDX-License-Identifier: MIT
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Configuration;

/// <summary>Reads xl's configuration grammar (libxlu_cfg): <c>NAME=VALUE</c> and <c>NAME+=VALUE</c>, one per line or <c>;</c>.</summary>
/// <example><c>disk = [ "phy:/dev/a,xvda,w", # first</c> ⏎ <c>"phy:/dev/b,xvdb,r", ]; memory = 0x200</c></example>
public static class ConfigurationParser
{
    /// <summary>xl.cfg(5) needs three levels (vnuma); the bound protects the stack.</summary>
    private const int DeepestList = 64;

    /// <summary>Adds everything in <paramref name="text"/> to <paramref name="settings"/>.</summary>
    /// <exception cref="ProblemException">The first mistake in the text, with its place.</exception>
    public static void Parse(string text, string file, SettingTable settings)
    {
        Lexer lexer = new(text, file);
        Token token = lexer.Next();
        while (token.Kind != TokenKind.EndOfFile)
        {
            if (token.Kind is TokenKind.NewLine or TokenKind.Semicolon)
            {
                token = lexer.Next();
                continue;
            }

            Assignment(lexer, token, settings);
            token = lexer.Next();
            if (token.Kind is not (TokenKind.NewLine or TokenKind.Semicolon or TokenKind.EndOfFile))
            {
                throw Unexpected(lexer, token, "the end of the line or ';'");
            }
        }
    }

    private static void Assignment(Lexer lexer, Token name, SettingTable settings)
    {
        if (name.Kind != TokenKind.Identifier)
        {
            throw Unexpected(lexer, name, "a name such as memory");
        }

        Token sign = lexer.Next();
        if (sign.Kind is not (TokenKind.Assign or TokenKind.Add))
        {
            throw Unexpected(lexer, sign, "= or +=", $"settings look like {name.Value}=VALUE");
        }

        ConfigValue value = Value(lexer, lexer.Next(), depth: 0);
        settings.Store(new Setting(name.Value, value, sign.Kind == TokenKind.Add, lexer.PositionOf(name)));
    }

    private static ConfigValue Value(Lexer lexer, Token token, int depth) => token.Kind switch
    {
        TokenKind.Text or TokenKind.Number => new ConfigAtom(token.Value, lexer.PositionOf(token)),
        TokenKind.Open when depth < DeepestList => List(lexer, token, depth + 1),
        TokenKind.Open => throw Mistake.At("config-depth", "lists are nested too deeply", lexer.PositionOf(token)),
        TokenKind.Identifier => throw Unexpected(
            lexer, token, "a string, a number or a list", $"strings stand in quotes: \"{Shorten(token.Value)}\""),
        _ => throw Unexpected(lexer, token, "a string, a number or a list"),
    };

    private static ConfigList List(Lexer lexer, Token open, int depth)
    {
        List<ConfigValue> items = [];
        Token token = NextInList(lexer);
        while (token.Kind != TokenKind.Close)
        {
            items.Add(Value(lexer, token, depth));
            token = NextInList(lexer);
            if (token.Kind == TokenKind.Comma)
            {
                token = NextInList(lexer);
            }
            else if (token.Kind != TokenKind.Close)
            {
                string opened = $"the list was opened at line {open.Line}, column {open.Column}";
                throw Unexpected(lexer, token, "',' or ']'", opened);
            }
        }

        return new ConfigList(items, lexer.PositionOf(open));
    }

    private static Token NextInList(Lexer lexer)
    {
        Token token;
        do
        {
            token = lexer.Next();
        }
        while (token.Kind == TokenKind.NewLine);
        return token;
    }

    private static ProblemException Unexpected(Lexer lexer, in Token token, string expected, string? hint = null)
    {
        string found = token.Kind is TokenKind.EndOfFile or TokenKind.NewLine ? $"the {token.Value}" : $"'{Shorten(token.Value)}'";
        return Mistake.At("config-syntax", $"expected {expected}, found {found}", lexer.PositionOf(token), hint);
    }

    private static string Shorten(string value) => value.Length <= 40 ? value : value[..37] + "...";
}
