// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Domovoi.Fuzz;

/// <summary><c>fuzz [--seed N] [--last FILE] [SECONDS] [TARGET…]</c>: the long run behind <c>bench/fuzz</c>.</summary>
internal sealed class FuzzCommand(TextWriter output)
{
    private const int DefaultSeconds = 600;

    /// <summary>Each target's time is divided into so many turns, so that a short run sees them all.</summary>
    private const int Turns = 4;

    private readonly List<string> _names = [];
    private int? _seed;
    private int _seconds = DefaultSeconds;
    private string? _last;

    /// <returns>The process's exit code: 0 when nothing broke.</returns>
    internal int Run(ReadOnlySpan<string> arguments)
    {
        if (!TryRead(arguments))
        {
            output.WriteLine($"usage: bench/fuzz [--seed N] [SECONDS] [target...]; targets: {string.Join(' ', FuzzTargets.All.Keys)}");
            return 2;
        }

        if (_names.Count == 0)
        {
            _names.AddRange(FuzzTargets.All.Keys);
        }

        return _seed is { } seed ? Report(_names.Select(name => (name, One(name, seed, TimeSpan.MaxValue, 1)))) : RunAll();
    }

    private int RunAll()
    {
        TimeSpan turn = TimeSpan.FromSeconds((double)_seconds / Turns / _names.Count);
        int seed = Random.Shared.Next();
        List<(string, (int, string?))> results = [];
        for (int round = 0; round < Turns; round++)
        {
            foreach (string name in _names.Where(name => results.TrueForAll(result => result.Item1 != name || result.Item2.Item2 is null)).ToArray())
            {
                results.Add((name, One(name, (seed + (round * 100_000_000)) & int.MaxValue, turn, int.MaxValue)));
            }
        }

        return Report(results);
    }

    private (int Cases, string? Failure) One(string name, int seed, TimeSpan time, int most)
    {
        FuzzRun run = new(name, Note);
        try
        {
            string? failure = run.Run(seed, time, most);
            return (run.Cases, failure);
        }
        catch (Xunit.Sdk.SkipException e)
        {
            return (0, e.Message);                          // a program it needs is missing
        }
    }

    private int Report(IEnumerable<(string Name, (int Cases, string? Failure) Result)> results)
    {
        bool isFine = true;
        foreach (IGrouping<string, (string Name, (int Cases, string? Failure) Result)> group in results.GroupBy(static result => result.Name))
        {
            string? failure = group.Select(static result => result.Result.Failure).FirstOrDefault(static text => text is not null);
            isFine &= failure is null;
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{group.Key,-16} {group.Sum(static result => result.Result.Cases),9} cases  {(failure is null ? "nothing broke" : "BROKEN")}"));
            if (failure is not null)
            {
                output.WriteLine($"  {failure.Replace("\n", "\n  ", StringComparison.Ordinal)}");
            }
        }

        return isFine ? 0 : 1;
    }

    private void Note(string what)
    {
        if (_last is not null)
        {
            using SafeFileHandle file = File.OpenHandle(_last, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
            RandomAccess.Write(file, Encoding.ASCII.GetBytes(what.PadRight(60) + '\n'), fileOffset: 0);
        }
    }

    private bool TryRead(ReadOnlySpan<string> arguments)
    {
        for (int index = 0; index < arguments.Length; index++)
        {
            string argument = arguments[index];
            bool hasMore = index + 1 < arguments.Length;
            switch (argument)
            {
                case "--last" when hasMore:
                    _last = arguments[++index];
                    break;
                case "--seed" when hasMore && int.TryParse(arguments[++index], NumberStyles.None, CultureInfo.InvariantCulture, out int seed):
                    _seed = seed;
                    break;
                case var name when FuzzTargets.All.ContainsKey(name):
                    _names.Add(name);
                    break;
                case var number when int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) && seconds > 0:
                    _seconds = seconds;
                    break;
                default:
                    return false;
            }
        }

        return true;
    }
}
