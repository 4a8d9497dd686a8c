// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Domovoi.Contracts.Registry;

namespace Domovoi.Toolstack.Cli;

/// <summary>A console without a terminal: a stream that ends when the domain does.</summary>
public sealed class ConsoleVerbTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public void Console_OfADomainThatPowersOff_StreamsAndReturnsZero()
    {
        using FakeDomain domain = new(_directory.Path, 1, "a", prints: "boot\r\nlogin: ");
        DomResult result = new Dom(_directory.Path).Run("console", "a");
        Assert.Equal((0, "boot\r\nlogin: ", ""), (result.Code, result.Output, result.Errors));
    }

    [Fact]
    public async Task Console_WithInput_SendsIt_AndTakesItsEndForSilence()
    {
        using FakeDomain domain = new(_directory.Path, 1, "a");
        using Process dom = new Dom(_directory.Path).Start("console", "1");
        dom.StandardInput.Write("ls\u001d\n");
        dom.StandardInput.Close();
        Assert.Equal(0, Dom.Finish(dom).Code);
        Assert.Equal("ls\u001d\n", await domain.Typed);
    }

    [Fact]
    public void Console_OfADomainThatCrashes_ReturnsOneAndSaysWhy()
    {
        using FakeDomain domain = new(_directory.Path, 1, "a") { End = new(EndReason.DomainCrash, "triple fault", DateTimeOffset.UnixEpoch) };
        DomResult result = new Dom(_directory.Path).Run("console", "a");
        Assert.Equal(1, result.Code);
        Assert.Contains("triple fault", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Console_OfADomainThatIsKilled_ReturnsOneAndSaysSo()
    {
        using FakeDomain domain = new(_directory.Path, 1, "a") { End = null };
        DomResult result = new Dom(_directory.Path).Run("console", "a");
        Assert.Equal(1, result.Code);
        Assert.Contains("killed", result.Errors, StringComparison.Ordinal);
    }

    /// <summary>The shell waits until the terminal is raw, kills the viewer, and waits until it is as before.</summary>
    [Fact]
    public void Console_ViewerKilled_TerminalIsRestored()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "script(1), of Debian's bsdutils, is missing");
        using FakeDomain domain = new(_directory.Path, 1, "a");
        string test = _directory.Write("test.sh", """
            before=$(stty -g)
            until_it() { n=0; until [ "$(stty -g </dev/tty)" $1 "$before" ] || [ $n -ge 500 ]; do n=$((n + 1)); sleep 0.02; done; }
            (until_it "!="; kill -9 $(cat "$1/pid")) &
            sh -c 'echo $$ >"$1/pid"; exec "$2" console a' - "$1" "$2"
            until_it "="
            [ "$(stty -g)" = "$before" ] && echo restored
            """);
        ProcessStartInfo start = new("script", ["-qec", $"sh {test} {_directory.Path} {Path.Combine(AppContext.BaseDirectory, "dom")}", "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment[RunDirectory.Variable] = _directory.Path;
        using Process script = Process.Start(start)!;
        Assert.Contains("restored", script.StandardOutput.ReadToEnd(), StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();
}
