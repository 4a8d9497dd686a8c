// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Programs;

namespace Domovoi.Cpu.Tests;

/// <summary>Counts of the long run. Thread safe.</summary>
internal sealed class NightlyTotals
{
    private long _programs;
    private long _runs;
    private long _exceptions;
    private long _endless;
    private long _lost;
    private long _cases;
    private int _turn;

    /// <summary>Comparisons so far, of programs and of single cases.</summary>
    internal long Runs => Interlocked.Read(ref _runs) + Interlocked.Read(ref _cases);

    internal int NextTurn() => Interlocked.Increment(ref _turn);

    internal void AddCases(int count) => Interlocked.Add(ref _cases, count);

    /// <summary>Adds what <paramref name="run"/> does with a runner.</summary>
    internal void Add(ProgramRunner runner, Action run)
    {
        (long programs, long runs, long exceptions) = (runner.ProgramCount, runner.Runs, runner.Exceptions);
        (long endless, long lost) = (runner.Endless, runner.Lost);
        run();
        Interlocked.Add(ref _programs, runner.ProgramCount - programs);
        Interlocked.Add(ref _runs, runner.Runs - runs);
        Interlocked.Add(ref _exceptions, runner.Exceptions - exceptions);
        Interlocked.Add(ref _endless, runner.Endless - endless);
        Interlocked.Add(ref _lost, runner.Lost - lost);
    }

    public override string ToString() =>
        $"{_programs} programs in {_runs} runs ({_exceptions} to an exception; {_endless} endless; {_lost} not compared), {_cases} single cases";
}
