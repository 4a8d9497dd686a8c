// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Cases;
using Domovoi.Cpu.Tests.Machines;

namespace Domovoi.Cpu.Tests.Programs;

/// <summary>Runs random programs, each from several random states, on the host and on the translator, and compares all they leave.</summary>
/// <remarks>
/// The fast way of <see cref="DifferentialRunner"/>: a program is encoded, loaded and translated once for all its states, and
/// memory is compared where it lies. What is not surely equal goes to <see cref="Comparison"/>, which has the last word.
/// Belongs to one thread.
/// </remarks>
internal sealed class ProgramRunner : IDisposable
{
    private const int Programs = 32;
    private const int ProgramsOfAGuest = 1 << 18;

    private readonly DifferentialRunner _runner;
    private readonly ProgramGenerator _generator;
    private readonly int _states;
    private readonly RandomProgram[] _programs = [.. Enumerable.Range(0, Programs).Select(_ => new RandomProgram())];
    private readonly RandomState[] _starts;
    private readonly MachineState _host = new();
    private readonly MachineState _guest = new();
    private RandomProgram? _loaded;
    private bool _hostIsSuspect;

    /// <param name="seed">The same seed gives the same programs and states.</param>
    /// <param name="states">Runs of each program, at most 8.</param>
    internal ProgramRunner(int seed, Stress stress, int states)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Programs * states, Oracle.CaseSlot.Capacity);
        _runner = new DifferentialRunner(stress);
        _generator = new ProgramGenerator(seed);
        _states = states;
        _starts = [.. Enumerable.Range(0, Programs * states).Select(_ => new RandomState())];
    }

    /// <summary>Programs that were run.</summary>
    internal long ProgramCount { get; private set; }

    /// <summary>Runs that were compared.</summary>
    internal long Runs { get; private set; }

    /// <summary>Runs that ended with an exception, as on the host.</summary>
    internal long Exceptions { get; private set; }

    /// <summary>Runs that the host did not finish in time; nothing is compared then.</summary>
    internal long Endless { get; private set; }

    /// <summary>Runs that were not compared, because one before them had come into the oracle's own code.</summary>
    internal long Lost { get; private set; }

    /// <summary>Draws and runs the next programs; those that fail are made as small as possible and logged.</summary>
    internal void RunBatch(FailureLog log)
    {
        for (int i = 0; i < _starts.Length; i++)
        {
            RandomProgram program = _programs[i / _states];
            if (i % _states == 0)
            {
                _generator.Draw(program);
            }

            _generator.Draw(_starts[i], program);
            _runner.Host.Store(i, program.Image, program.Start, _starts[i]);
        }

        _runner.Host.RunSlots(_starts.Length);
        _loaded = null;
        var failures = new List<(CpuCase Case, string Differences, bool HostRaisedUndefined)>();
        for (int i = 0; i < _starts.Length; i++)
        {
            if (!TryRun(i))
            {
                Inspect(i, failures);
                _loaded = null;
            }
        }

        foreach ((CpuCase failure, string differences, bool undefined) in failures)
        {
            _runner.Judge(failure, differences, undefined, log);
        }

        if (_hostIsSuspect)
        {
            _runner.RenewHost();
            _hostIsSuspect = false;
        }

        ProgramCount += Programs;
        if (ProgramCount % ProgramsOfAGuest == 0)
        {
            _runner.RenewGuest();
        }
    }

    public void Dispose() => _runner.Dispose();

    /// <summary>Runs the guest; false when it may differ from the host.</summary>
    private bool TryRun(int slot)
    {
        _runner.Host.LoadRegisters(slot, _host);
        if (_host.Ending == Ending.Endless)
        {
            Endless++;
            return true;
        }

        _hostIsSuspect |= _host.EndedInTheOracle;
        if (_hostIsSuspect)
        {
            Lost++;
            return true;
        }

        RandomProgram program = _programs[slot / _states];
        RandomState start = _starts[slot];
        GuestProcessor guest = _runner.Guest;
        if (_loaded != program)
        {
            guest.LoadCode(program.Image);
        }

        guest.LoadData(start.Data);
        guest.LoadRegisters(start.General, start.Rflags, start.Xsave, program.Start, is64Bit: true);
        Runs++;
        Exceptions += _host.Ending == Ending.Exception ? 1 : 0;
        if (!_runner.TryRunLoaded(_guest))
        {
            return false;
        }

        if (_guest.EndedInTheOracle)                        // where the host ran code of its own, and may have come to any end
        {
            _hostIsSuspect = true;
            _loaded = null;
            Lost++;
            return true;
        }

        ReadOnlySpan<byte> code = _runner.Host.CodeOf(slot);
        _loaded = code.SequenceEqual(program.Image) ? program : null;
        return SameEnding(program) && _host.General.AsSpan().SequenceEqual(_guest.General)
            && _host.Xsave.AsSpan().SequenceEqual(_guest.Xsave)
            && guest.DataIs(_runner.Host.DataOf(slot)) && guest.CodeIs(code);
    }

    /// <summary>Whether ending and flags agree, in the cases that need no thought.</summary>
    private bool SameEnding(RandomProgram program)
    {
        const ulong resumeFlag = 0x1_0000;
        if (_host.Ending != _guest.Ending)
        {
            return false;
        }

        ulong open = resumeFlag | program.UndefinedFlags;
        if (_host.Ending == Ending.Exception)
        {
            open |= program.FlagsOpenAt(_host.Rip);
            if (_host.Vector != _guest.Vector || _host.Rip != _guest.Rip
                || (_host.Vector is 10 or 11 or 12 or 13 or 14 or 17 && _host.ErrorCode != _guest.ErrorCode)
                || (_host.Vector == 14 && _host.FaultAddress != _guest.FaultAddress))
            {
                return false;
            }
        }

        return ((_host.Rflags ^ _guest.Rflags) & ~open) == 0;
    }

    private void Inspect(int slot, List<(CpuCase Case, string Differences, bool HostRaisedUndefined)> failures)
    {
        _runner.Host.LoadMemory(slot, _host);
        _runner.Guest.SaveMemory(_guest);
        CpuCase test = _programs[slot / _states].ToCase(_starts[slot]);
        string differences = string.Join("; ", Comparison.Differences(test, _host, _guest));
        if (differences.Length > 0)
        {
            // Hypervisors that emulate now and then raise #UD where the processor would not; such a case is run again.
            failures.Add((test, differences, _host is { Ending: Ending.Exception, Vector: 6 }));
        }
    }
}
