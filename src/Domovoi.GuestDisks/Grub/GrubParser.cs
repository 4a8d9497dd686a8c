// SPDX-License-Identifier: MIT
namespace Domovoi.GuestDisks.Grub;

/// <summary>Reads the structure of a GRUB script: commands, blocks, conditions, loops, functions.</summary>
internal sealed class GrubParser
{
    private const int DeepestNesting = 64;

    private readonly List<GrubToken> _tokens;
    private int _at;
    private int _depth;

    private GrubParser(List<GrubToken> tokens) => _tokens = tokens;

    /// <exception cref="GuestDiskException">A block or a condition does not end.</exception>
    internal static List<GrubStatement> Parse(string text)
    {
        GrubParser parser = new(GrubLexer.Read(text));
        List<GrubStatement> statements = parser.Statements([]);
        return parser._at >= parser._tokens.Count
            ? statements
            : throw Wrong(parser._tokens[parser._at].Line, $"\"{parser.Peek()}\" without its beginning");
    }

    private string? Peek() => _at < _tokens.Count ? _tokens[_at].Word?.Keyword : null;

    private List<GrubStatement> Statements(string[] ends)
    {
        if (++_depth > DeepestNesting)
        {
            throw Wrong(_tokens[_at].Line, $"nested deeper than {DeepestNesting} levels");
        }

        List<GrubStatement> statements = [];
        while (_at < _tokens.Count)
        {
            if (_tokens[_at].Word is null)
            {
                _at++;
                continue;
            }

            if (Peek() is { } word && (ends.Contains(word) || word is "}" or "fi" or "done" or "else" or "elif" or "then" or "do"))
            {
                break;
            }

            statements.Add(Statement());
        }

        _depth--;
        return statements;
    }

    private GrubStatement Statement() => Peek() switch
    {
        "if" => Condition(),
        "for" => Loop(isFor: true),
        "while" or "until" => Loop(isFor: false),
        _ => Command(),
    };

    private GrubCondition Condition()
    {
        int line = _tokens[_at].Line;
        List<GrubBranch> branches = [];
        do
        {
            _at++;
            List<GrubStatement> test = Statements(["then"]);
            Expect("then", line);
            branches.Add(new GrubBranch(test, Statements(["elif", "else", "fi"])));
        }
        while (Peek() == "elif");

        if (Peek() == "else")
        {
            _at++;
            branches.Add(new GrubBranch(null, Statements(["fi"])));
        }

        Expect("fi", line);
        return new GrubCondition(line, branches);
    }

    private GrubLoop Loop(bool isFor)
    {
        int line = _tokens[_at++].Line;
        string? name = null;
        List<GrubWord> words = [];
        if (isFor)
        {
            name = Peek() ?? throw Wrong(line, "\"for\" without a name");
            _at++;
            Expect("in", line);
            while (_at < _tokens.Count && _tokens[_at].Word is { } word)
            {
                words.Add(word);
                _at++;
            }
        }

        Statements(["do"]);
        Expect("do", line);
        List<GrubStatement> body = Statements(["done"]);
        Expect("done", line);
        return new GrubLoop(line, name, words, body);
    }

    private GrubCommand Command()
    {
        int line = _tokens[_at].Line;
        List<GrubWord> words = [];
        while (_at < _tokens.Count && _tokens[_at].Word is { } word)
        {
            _at++;
            if (word.Keyword == "}")
            {
                _at--;
                break;
            }

            if (word.Keyword == "{")
            {
                List<GrubStatement> body = Statements(["}"]);
                Expect("}", line);
                return new GrubCommand(line, words, body);
            }

            words.Add(word);
            if (words is [{ Keyword: "function" }, _])
            {
                SkipLineEnds();
            }
        }

        return new GrubCommand(line, words, null);
    }

    private void SkipLineEnds()
    {
        while (_at < _tokens.Count && _tokens[_at].Word is null)
        {
            _at++;
        }
    }

    private void Expect(string word, int beganAt)
    {
        if (Peek() != word)
        {
            throw Wrong(beganAt, $"\"{word}\" is missing for what begins here");
        }

        _at++;
    }

    private static GuestDiskException Wrong(int line, string what) =>
        new("grub-config", $"GRUB's configuration, line {line}: {what}.", "Run `update-grub` in the guest, or set kernel= and ramdisk= instead of bootloader=.");
}
