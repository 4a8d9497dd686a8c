// SPDX-License-Identifier: MIT
using System.CommandLine;

namespace Domovoi.Cli.Verbs;

/// <summary>Shell completion. The shells ask dom itself, so that verbs, options and domain names are always current.</summary>
internal static class CompletionVerb
{
    private const string Bash = """
        _dom() {
            mapfile -t COMPREPLY < <("$1" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null |
                case $2 in -*) cat ;; *) grep -v '^[-/]' ;; esac)
        }
        complete -o default -F _dom dom ./dom
        """;

    private const string Zsh = """
        #compdef dom
        _dom() {
            local line="${(j: :)words[1,CURRENT]}"
            local -a found
            found=(${(f)"$(${(Q)words[1]} "[suggest:$#line]" "$line" 2>/dev/null)"})
            [[ $PREFIX == -* ]] || found=(${found:#[-/]*})
            if (( $#found )); then compadd -a found; else _files; fi
        }
        compdef _dom dom
        """;

    private const string Fish = """
        function __dom_complete
            set -l line (commandline -cp)
            set -l words (commandline -opc)
            set -l found ($words[1] "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)
            if string match -q -- '-*' (commandline -ct)
                printf '%s\n' $found
            else
                string match -rv -- '^[-/]' $found
            end
        end
        complete -c dom -a '(__dom_complete)'
        """;

    internal static Command Build(Session session)
    {
        Argument<string> shell = new Argument<string>("shell") { Description = "bash, zsh or fish." }.AcceptOnlyFromAmong("bash", "zsh", "fish");
        Verb verb = new(
            "completion",
            "Print the completion script of a shell.",
            "source <(dom completion bash)",
            "dom completion fish > ~/.config/fish/completions/dom.fish")
        {
            shell,
        };
        verb.SetAction(parsed =>
        {
            session.Out.WriteLine(parsed.GetValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish });
            return ExitCode.Success;
        });
        return verb;
    }
}
