// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Launch;
using Domovoi.Contracts.Registry;
using Domovoi.DomainHost.Logs;
using Domovoi.DomainHost.Machines;
using Domovoi.DomainHost.Stores;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore;

namespace Domovoi.DomainHost.Lifecycle;

/// <summary>The domain from its first boot to its end: boots machines one after another as the end actions say.</summary>
/// <remarks>
/// <see cref="Run"/> belongs to the process's main thread; all else may be called from any. Example: the guest reboots, its machine
/// completes, <see cref="EndPolicy"/> says restart, the machine is disposed of and the next one built from the same
/// specification, under the same id, with the same viewers watching.
/// </remarks>
internal sealed class DomainLifecycle : IDisposable
{
    private readonly DomainSpecification _specification;
    private readonly MachineParts _lasting;
    private readonly Func<MachineParts, IMachine> _build;
    private readonly RecordKeeper _record;
    private readonly HypervisorLog _log;
    private readonly TimeProvider _time;
    private readonly ManualResetEventSlim _destroyed = new();
    private volatile string? _failure;                      // of the host, that the domain is destroyed for
    private readonly Lock _gate = new();                    // guards all below
    private IMachine? _machine;
    private XenstoreServer _store;
    private CancellationTokenSource _ended = new();
    private MachineMeasure _last = new(TimeSpan.Zero, [], 0, new Dictionary<string, long>());
    private int _pauses;
    private bool _isStarted;
    private long _bootedAt;

    internal DomainLifecycle(
        MachineParts parts, DomainFolder folder, Func<MachineParts, IMachine> build, TimeProvider time)
    {
        _specification = parts.Specification;
        _lasting = parts;
        _build = build;
        _log = parts.Log;
        _store = parts.Store;
        _time = time;
        _record = new RecordKeeper(folder, _specification, time);
        _pauses = _specification.StartPaused ? 1 : 0;
    }

    /// <summary>Called whenever the guest is let run; must only wake someone.</summary>
    internal Action Resumed { get; set; } = static () => { };

    internal XenstoreServer Store
    {
        get
        {
            lock (_gate)
            {
                return _store;
            }
        }
    }

    /// <summary>Boots until an end is final.</summary>
    /// <param name="ready">Called once, when the first boot has been built and started.</param>
    internal DomainEnd Run(Action ready)
    {
        while (true)
        {
            using IMachine machine = Boot();
            ready();
            ready = static () => { };
            MachineEnd end = machine.Completion.GetAwaiter().GetResult();
            MachineMeasure measure = End(machine);
            DomainEnd told = _failure is { } failure && end.Reason == EndReason.Destroyed
                ? new DomainEnd(EndReason.HostFailure, failure, _time.GetUtcNow())
                : new DomainEnd(end.Reason, end.Detail, _time.GetUtcNow());
            EndAction action = _destroyed.IsSet ? EndAction.Destroy : EndPolicy.ActionFor(_specification, end.Reason);
            Tell(told, action, measure);
            if (action == EndAction.Preserve)
            {
                _record.Change(EndPolicy.IsCrash(end.Reason) ? DomainState.Crashed : DomainState.Shutdown, told);
                _destroyed.Wait();
                return told;
            }

            if (action is EndAction.Destroy or EndAction.CoreDumpDestroy || _destroyed.IsSet)
            {
                return told;
            }

            _record.Reboot(keepLogs: action == EndAction.RenameRestart);
        }
    }

    /// <summary>Writes the end down: the last thing anybody learns of this domain.</summary>
    internal void WriteEnd(DomainEnd end) => _record.Change(DomainState.Ended, end);

    internal void Destroy()
    {
        _destroyed.Set();
        lock (_gate)
        {
            _machine?.Destroy();
        }
    }

    /// <summary>Destroys the domain because the host cannot serve it.</summary>
    /// <param name="failure">What failed, as people are told.</param>
    internal void Fail(string failure)
    {
        _failure = failure;
        Destroy();
    }

    internal void Pause()
    {
        lock (_gate)
        {
            if (_pauses++ == 0)
            {
                _machine?.Pause();
                _record.Change(DomainState.Paused);
            }
        }
    }

    internal void Unpause()
    {
        lock (_gate)
        {
            if (_pauses > 0 && --_pauses == 0 && _machine is not null)
            {
                LetRunLocked(_machine);
            }
        }
    }

    internal bool RequestShutdown(ShutdownRequest request)
    {
        XenstoreServer store;
        CancellationToken ended;
        lock (_gate)
        {
            store = _store;
            ended = _ended.Token;
        }

        TimeSpan patience = TimeSpan.FromMilliseconds(Math.Clamp(request.AcknowledgeMilliseconds, 0, 3_600_000));
        return new ControlNodes(store, Id).RequestShutdown(request.Reason, patience, ended);
    }

    internal void Pin(VcpuPinning pinning)
    {
        lock (_gate)
        {
            (_machine ?? throw new ProblemException("domain-rebooting", "The domain is between two boots; its configuration says where its vCPUs run next."))
                .Pin(pinning);
        }
    }

    /// <returns>The path of perf's map.</returns>
    internal string WritePerfMap()
    {
        IMachine? machine;
        lock (_gate)
        {
            machine = _machine;
        }

        IReadOnlyList<string> texts = machine?.DescribeCode() ?? [];                // outside the lock: vCPUs answer when they get to it
        if (texts.Count == 0)
        {
            throw new ProblemException("nothing-translated", "No vCPU has told its code: the domain is not running.");
        }

        try
        {
            return PerfMap.Write(texts);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("perf-map", $"perf's map cannot be written: {e.Message}");
        }
    }

    internal void SendSysRq(char key) => new ControlNodes(Store, Id).SendSysRq(key);

    internal DomainStatus Status()
    {
        lock (_gate)
        {
            MachineMeasure measure = _machine?.Measure() ?? _last;
            int online = measure.Vcpus.Count(static v => v.IsOnline);
            DomainRecord record = _record.Current with { Vcpus = online > 0 ? online : _record.Current.Vcpus };
            bool isBlocked = record.State == DomainState.Running && measure.Vcpus.Count > 0
                && measure.Vcpus.All(static v => v.State == DomainState.Blocked);
            return new DomainStatus(
                isBlocked ? record with { State = DomainState.Blocked } : record,
                (long)measure.CpuTime.TotalNanoseconds,
                measure.Vcpus,
                (long)_time.GetElapsedTime(_bootedAt).TotalNanoseconds,
                measure.MemoryKiB,
                Environment.WorkingSet / 1024,
                measure.Counters);
        }
    }

    public void Dispose()
    {
        _destroyed.Dispose();
        _ended.Dispose();
    }

    private DomainId Id => new((ushort)_specification.Id);

    private IMachine Boot()
    {
        XenstoreServer store = new();
        GuestStoreTree.Write(store, _specification);
        GuestStoreTree.KeepAvailability(Store, store, _specification);
        IMachine machine = _build(_lasting with { Store = store });
        lock (_gate)
        {
            _store = store;
            _machine = machine;
            _ended = new CancellationTokenSource();
            _isStarted = false;
            _bootedAt = _time.GetTimestamp();
            if (_destroyed.IsSet)
            {
                machine.Destroy();
            }
            else if (_pauses == 0)
            {
                LetRunLocked(machine);
            }
            else
            {
                _record.Change(DomainState.Paused);
            }
        }

        return machine;
    }

    private void LetRunLocked(IMachine machine)
    {
        Resumed();
        _record.Change(DomainState.Running);
        if (_isStarted)
        {
            machine.Unpause();
        }
        else
        {
            _isStarted = true;
            machine.Start();
        }
    }

    private MachineMeasure End(IMachine machine)
    {
        lock (_gate)
        {
            _ended.Cancel();
            _last = machine.Measure();
            if (_machine == machine)
            {
                _machine = null;
            }
        }

        _log.BeginEnd();
        return _last;
    }

    private void Tell(DomainEnd end, EndAction action, MachineMeasure measure)
    {
        _log.Write($"The domain ended: {end.Reason}{(end.Detail is null ? "" : $" ({end.Detail})")}; what follows: {action}.");
        string counters = string.Join(", ", measure.Counters.Select(static c => $"{c.Key} {c.Value}"));
        _log.Write($"It used {measure.CpuTime.TotalSeconds:F3} s of processor time; {counters}.");
        if (EndPolicy.IsCrash(end.Reason) && end.Reason != EndReason.DomainCrash)
        {
            _log.Write("Last lines of its console:");
            foreach (string line in _lasting.Transcript.LastLines(20))
            {
                _log.WriteLine($"  | {line}");
            }
        }

        if (action is EndAction.CoreDumpDestroy or EndAction.CoreDumpRestart)
        {
            _log.Write("Core dumps are not supported yet; none was written.");
        }
    }
}
