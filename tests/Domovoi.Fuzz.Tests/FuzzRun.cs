// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;

namespace Domovoi.Fuzz;

/// <summary>Runs cases of one target. A case is its seed: the same seed makes the same input.</summary>
/// <param name="name">The target's.</param>
/// <param name="before">Told the target and the seed before each case, so that even a process that dies leaves them behind.</param>
internal sealed class FuzzRun(string name, Action<string> before)
{
    /// <summary>A case that takes longer hangs.</summary>
    private static readonly TimeSpan LongestCase = TimeSpan.FromSeconds(60);

    private long _began;
    private int _seed;

    internal int Cases { get; private set; }

    /// <summary>Runs cases with seeds from <paramref name="first"/> on.</summary>
    /// <param name="first">The first seed.</param>
    /// <param name="time">No case is begun after that.</param>
    /// <param name="most">Cases at most.</param>
    /// <returns>What broke, with its seed; null when nothing did.</returns>
    internal string? Run(int first, TimeSpan time, int most)
    {
        using IFuzzTarget target = FuzzTargets.All[name]();
        _began = Stopwatch.GetTimestamp();
        using Timer watch = new(_ => EndIfHung(), null, LongestCase, LongestCase / 4);
        long end = Stopwatch.GetTimestamp();
        for (int index = 0; index < most && Stopwatch.GetElapsedTime(end) < time; index++)
        {
            _seed = unchecked(first + index) & int.MaxValue;
            before(Label);
            Volatile.Write(ref _began, Stopwatch.GetTimestamp());
            try
            {
                target.Run(new Random(_seed));
            }
            catch (Exception e) when (e is not Xunit.Sdk.SkipException)
            {
                return $"{Label}: {e}";
            }

            Cases++;
        }

        return null;
    }

    private string Label => string.Create(CultureInfo.InvariantCulture, $"{name}, seed {_seed}");

    private void EndIfHung()
    {
        if (Stopwatch.GetElapsedTime(Volatile.Read(ref _began)) > LongestCase)
        {
            Environment.FailFast($"{Label}: hangs");
        }
    }
}
