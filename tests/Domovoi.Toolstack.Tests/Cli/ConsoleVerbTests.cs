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

    public void Dispose() => _directory.Dispose();
}
