// SPDX-License-Identifier: MIT
using System.CommandLine;

namespace Domovoi.Cli.Verbs;

/// <summary>Shell completion. The shells ask dom itself, so that verbs, options and domain names are always current.</summary>
internal static class CompletionVerb
{
    private const string Bash = """
        _dom() {
            local IFS=$'\n'
            COMPREPLY=($(dom "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null))
        }
        complete -o default -F _dom dom ./dom
        """;

    private const string Zsh = """
        #compdef dom
        _dom() {
            local -a words_found
            words_found=(${(f)"$(dom "[suggest:$#BUFFER]" "$BUFFER" 2>/dev/null)"})
            compadd -a words_found || _files
        }
        compdef _dom dom
        """;

    private const string Fish = """
        complete -c dom -a '(dom "[suggest:"(commandline -C)"]" (commandline) 2>/dev/null)'
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
