// SPDX-License-Identifier: MIT
namespace Domovoi.Guests;

/// <summary>What one run of <c>dom</c> said and returned.</summary>
internal sealed record DomResult(int ExitCode, string Output, string Error)
{
    /// <summary>A person's mistake is told once: something on stderr, nothing on stdout, exit code 1, no stack trace.</summary>
    internal void IsOneClearError(params string[] says)
    {
        Assert.Equal(1, ExitCode);
        Assert.Equal("", Output);
        Assert.Single(Error.Split('\n'), line => line.Contains("error:", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        Assert.All(says, word => Assert.Contains(word, Error, StringComparison.OrdinalIgnoreCase));
    }
}
