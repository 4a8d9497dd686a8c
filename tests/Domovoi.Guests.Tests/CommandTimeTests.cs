// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace Domovoi.Guests;

/// <summary>What a person waits for before anything happens.</summary>
public sealed class CommandTimeTests
{
    [Theory]
    [InlineData("--help")]
    [InlineData("list")]
    public void Dom_ThatOnlyTellsSomething_TakesFiftyMilliseconds(string verb)
    {
        using GuestHost host = new();
        Assert.Equal(0, host.Dom(verb).ExitCode);
        double[] took = [.. Enumerable.Range(0, 9).Select(_ => Milliseconds(host, verb)).Order()];
        TestContext.Current.SendDiagnosticMessage($"dom {verb} takes {took[4]:F1} ms ({took[0]:F1} to {took[8]:F1})");
        Assert.InRange(took[4], 0, 50);
    }

    private static double Milliseconds(GuestHost host, string verb)
    {
        long begun = Stopwatch.GetTimestamp();
        host.Dom(verb);
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }
}
