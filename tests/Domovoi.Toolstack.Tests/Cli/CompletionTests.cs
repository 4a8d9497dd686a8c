// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Domovoi.Contracts.Registry;

namespace Domovoi.Toolstack.Cli;

/// <summary>The completion scripts in the shells they are for.</summary>
public sealed class CompletionTests : IDisposable
{
    private const string FishScript = "dom completion fish | source; complete -C \"$LINE\"";
    private const string BashScript =
        "source <(dom completion bash); COMP_LINE=$LINE; COMP_POINT=${#LINE}; word=${LINE##* }; _dom dom \"$word\" ''; printf '%s\\n' \"${COMPREPLY[@]}\"";

    /// <summary>zsh completes on a terminal only: another one inside it, with a mark behind each word found.</summary>
    private const string ZshScript = """
        zmodload zsh/zpty
        zpty shell 'PS1=; zsh -f -i'
        zpty -w shell 'autoload -U compinit; compinit -D; source <(dom completion zsh); PS1=; compadd() { builtin compadd -O hits "$@"; print -r -- "HITS:${(j:,:)hits}:"; }; print READY'
        zpty -r shell skipped $'*READY\r\n*'
        zpty -w -n shell "$LINE"$'\t'
        zpty -r shell seen $'*HITS:*:*'
        print -r -- "$seen"
        """;

    private readonly TemporaryDirectory _directory = new();

    [Theory]
    [InlineData("dom cre", "create", "console")]
    [InlineData("dom pause gu", "guest", "-h")]
    [InlineData("dom create --d", "--dryrun", "--quiet")]
    public void Bash_FindsWhatIsMeant(string line, string found, string notFound) => Finds("bash", BashScript, line, found, notFound);

    [Theory]
    [InlineData("dom cre", "create", "console")]
    [InlineData("dom pause gu", "guest", "-h")]
    [InlineData("dom create --d", "--dryrun", "--quiet")]
    public void Fish_FindsWhatIsMeant(string line, string found, string notFound) => Finds("fish", FishScript, line, found, notFound);

    [Theory]
    [InlineData("dom cre", "create", "console")]
    [InlineData("dom pause gu", "guest", "-h")]
    public void Zsh_FindsWhatIsMeant(string line, string found, string notFound) => Finds("zsh", ZshScript, line, found, notFound);

    public void Dispose() => _directory.Dispose();

    private void Finds(string shell, string script, string line, string found, string notFound)
    {
        Assert.SkipUnless(File.Exists($"/usr/bin/{shell}") || File.Exists($"/bin/{shell}"), $"{shell} is not installed");
        using FakeDomain domain = new(_directory.Path, 3, "guest");
        ProcessStartInfo start = new(shell, ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment[RunDirectory.Variable] = _directory.Path;
        start.Environment["PATH"] = $"{AppContext.BaseDirectory}:{start.Environment["PATH"]}";
        start.Environment["LINE"] = line;
        start.Environment["HOME"] = _directory.Path;
        using Process process = Process.Start(start)!;
        DomResult result = Dom.Finish(process);
        Assert.Contains(found, result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(notFound, result.Output, StringComparison.Ordinal);
    }
}
