// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Domovoi.Guests;

/// <summary>Reads a guest's clocks from outside, through <see cref="ClockProgram"/> on its console.</summary>
internal sealed partial class GuestClock(RunningGuest guest)
{
    private const int Tries = 150;

    /// <summary>How far the guest's clocks are ahead of the host's, and how long the best question took, in milliseconds.</summary>
    /// <remarks>
    /// As NTP does: the guest looked somewhere between question and answer, so the middle is taken, and of many questions the
    /// quickest. Half of its duration bounds the error.
    /// </remarks>
    internal async Task<(double Monotonic, double Real, double Question)> AheadAsync()
    {
        (double Monotonic, double Real, double Question) best = (0, 0, double.MaxValue);
        for (int i = 0; i < Tries; i++)
        {
            int before = guest.Console.Length;
            double begun = Now();
            await guest.TypeAsync("");
            Match answer = await guest.SaysAsync(Line(), before);
            double ended = Now();
            double real = (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds;
            double took = Now() - begun;
            if (took < best.Question)
            {
                double middle = (begun + ended) / 2;
                best = (Milliseconds(answer.Groups[1]) - middle, Milliseconds(answer.Groups[2]) - real + ended - middle, took);
            }
        }

        return best;
    }

    /// <summary>The moments of <c>CLOCK_MONOTONIC</c> that the program has printed, in seconds.</summary>
    internal static double[] Moments(string console) => [.. Line().Matches(console).Select(m => Milliseconds(m.Groups[1]) / 1000)];

    private static double Now() => Stopwatch.GetTimestamp() * (1000.0 / Stopwatch.Frequency);

    private static double Milliseconds(Group digits) =>
        ulong.Parse(digits.ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 1e6;

    [GeneratedRegex(@"@([0-9A-F]{16}) ([0-9A-F]{16})\r?\n")]
    private static partial Regex Line();
}
