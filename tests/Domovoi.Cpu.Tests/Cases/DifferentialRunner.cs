// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Machines;
using Domovoi.Cpu.Tests.Oracle;
using Iced.Intel;

namespace Domovoi.Cpu.Tests.Cases;

/// <summary>One host processor and one guest processor, and what they disagree about.</summary>
/// <remarks>Belongs to one thread. After an exception in the translator the guest machine is replaced.</remarks>
public sealed class DifferentialRunner : IDisposable
{
    private readonly MachineState[] _hostStates = [.. Enumerable.Range(0, CaseSlot.Capacity).Select(_ => new MachineState())];
    private readonly MachineState _guestState = new();
    private readonly Stress _stress;

    public DifferentialRunner()
        : this(Stress.None)
    {
    }

    internal DifferentialRunner(Stress stress)
    {
        _stress = stress;
        Guest = new GuestProcessor(stress);
    }

    internal NativeProcessor Host { get; private set; } = new();

    internal GuestProcessor Guest { get; private set; }

    /// <summary>Throws the guest machine away and takes a new one.</summary>
    internal void RenewGuest()
    {
        Guest.Dispose();
        Guest = new GuestProcessor(_stress);
    }

    /// <summary>Takes a new process for the host's side: a case came into the old one's own code, and may have written to what it runs by.</summary>
    internal void RenewHost()
    {
        Host.Dispose();
        Host = new NativeProcessor();
    }

    /// <summary>Runs assembled cases; those that fail are made as small as possible and logged.</summary>
    internal void Run(ReadOnlySpan<CpuCase> cases, FailureLog log)
    {
        Host.Run(cases, _hostStates);
        var failures = new List<(CpuCase Case, string Differences, bool HostRaisedUndefined)>();
        for (int i = 0; i < cases.Length; i++)
        {
            if (!RunGuest(cases[i]) || !Comparison.Agree(cases[i], _hostStates[i], _guestState))
            {
                // Hypervisors that emulate now and then raise #UD where the processor would not; such a case is run again.
                bool undefined = _hostStates[i] is { Ending: Ending.Exception, Vector: 6 };
                failures.Add((cases[i], string.Join("; ", Comparison.Differences(cases[i], _hostStates[i], _guestState)), undefined));
            }
        }

        foreach ((CpuCase failure, string differences, bool hostRaisedUndefined) in failures)
        {
            Judge(failure, differences, hostRaisedUndefined, log);
        }
    }

    /// <summary>Runs a case that failed once more, makes it as small as possible, and logs it.</summary>
    internal void Judge(CpuCase failure, string differences, bool hostRaisedUndefined, FailureLog log)
    {
        if (Fails(failure))
        {
            CpuCase smallest = Shrink(failure);
            log.Add(smallest, log.Knows(smallest) ? "" : $"{Report(smallest)}  at first, of {failure.Program.Count} instructions: {differences}");
        }
        else if (!hostRaisedUndefined && !FlagTrace.ReadsUndefined(failure, Guest))
        {
            log.Add(failure, $"  ONLY SOMETIMES: {differences}{Environment.NewLine}{Report(failure)}");
        }
    }

    /// <summary>Runs one case written by hand; fails the test when guest and host differ.</summary>
    internal void ExpectMatch(CpuCase test)
    {
        Assert.True(Generation.FlagTaint.TryAnalyze(test), "The program reads flags that are undefined.");
        test.Assemble();
        bool same = !Fails(test);
        Assert.True(same, same ? "" : Report(test));
    }

    /// <summary>The host's result of one case.</summary>
    internal MachineState RunOnHost(CpuCase test)
    {
        Host.Run([test], _hostStates);
        if (_hostStates[0].EndedInTheOracle)
        {
            RenewHost();
        }

        return _hostStates[0];
    }

    public void Dispose()
    {
        Host.Dispose();
        Guest.Dispose();
    }

    /// <summary>Runs what the guest machine has loaded; false, with the reason in <paramref name="result"/>, when the translator threw.</summary>
    internal bool TryRunLoaded(MachineState result) => TryRun(result, () => Guest.Run(result));

    private bool RunGuest(CpuCase test) => TryRun(_guestState, () => Guest.Run(test, _guestState));

    private bool TryRun(MachineState result, Action run)
    {
        try
        {
            run();
            return true;
        }
        catch (Exception exception)
        {
            Guest = new GuestProcessor(_stress);            // the old one may be in any state: it is not even disposed of
            result.Ending = Ending.Left;
            result.Remark = exception.ToString();
            return false;
        }
    }

    private bool Fails(CpuCase test)
    {
        MachineState host = RunOnHost(test);
        return !RunGuest(test) || (!Comparison.Agree(test, host, _guestState) && !FlagTrace.ReadsUndefined(test, Guest));
    }

    private string Report(CpuCase test)
    {
        MachineState host = RunOnHost(test);
        RunGuest(test);
        return CaseReport.Describe(test, host, _guestState);
    }

    /// <summary>Takes instructions out as long as the rest still fails.</summary>
    private CpuCase Shrink(CpuCase failing)
    {
        CpuCase smallest = failing;
        for (bool again = true; again;)
        {
            again = false;
            for (int i = smallest.Program.Count - 1; i >= 0 && smallest.Program.Count > 1; i--)
            {
                List<Instruction> program = [.. smallest.Program];
                program.RemoveAt(i);
                CpuCase candidate = smallest.WithProgram(program);
                if (Generation.FlagTaint.TryAnalyze(candidate) && candidate.TryAssemble(out _)
                    && (smallest.Twin is null || candidate.TryMakeTwin()) && Fails(candidate))
                {
                    smallest = candidate;
                    again = true;
                }
            }
        }

        return smallest;
    }
}
