// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Domovoi.Bench;

/// <summary>One run of a machine: its console lines with the moment each arrived, from the start of the command on.</summary>
internal sealed class Session : IDisposable
{
    private static readonly PosixSignal[] s_ends = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly CancellationTokenSource _deadline;
    private readonly List<string> _seen = [];
    private readonly Process _process;
    private readonly Machine _machines;
    private readonly bool _isOurs;
    private readonly PosixSignalRegistration[] _signals;
    private volatile bool _isInterrupted;

    internal Session(Machine machines, string machine, Order order)
    {
        _machines = machines;
        _isOurs = machine == Machine.Ours;
        _deadline = new(order.Part.Limit);
        string[] command = machines.CommandFor(machine, order);
        ProcessStartInfo start = new(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            WorkingDirectory = machines.FolderOf(machine),
        };
        foreach ((string name, string value) in machines.Environs(order))
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _signals = [.. s_ends.Select(signal => PosixSignalRegistration.Create(signal, Interrupt))];
    }

    internal int ProcessId => _process.Id;

    /// <summary>Reads on until a line contains <paramref name="text"/>; returns when it came.</summary>
    /// <exception cref="InvalidOperationException">The machine ended without it, or did not say it in time.</exception>
    /// <exception cref="OperationCanceledException">Somebody wants us to end.</exception>
    internal async Task<TimeSpan> WaitForAsync(string text, Action<string>? onLine = null)
    {
        try
        {
            while (await _process.StandardOutput.ReadLineAsync(_deadline.Token) is { } line)
            {
                TimeSpan arrived = _clock.Elapsed;
                _seen.Add(line.TrimEnd('\r'));
                onLine?.Invoke(_seen[^1]);
                if (line.Contains(text, StringComparison.Ordinal))
                {
                    return arrived;
                }
            }
        }
        catch (OperationCanceledException) when (!_isInterrupted)
        {
            throw new InvalidOperationException($"not done in time; the last line: {_seen.LastOrDefault()}");
        }

        if (_isInterrupted)
        {
            throw new OperationCanceledException("interrupted; --resume goes on from here");
        }

        throw new InvalidOperationException($"ended early; its last lines:\n{string.Join('\n', _seen.TakeLast(10))}");
    }

    /// <summary>Lets the guest power itself off; a machine without a power switch (microvm), or one that hangs, is ended.</summary>
    public void Dispose()
    {
        _process.StandardInput.Close();
        bool isDone = _seen.LastOrDefault() == "BENCH-DONE" && _process.WaitForExit(TimeSpan.FromSeconds(3));
        if (!isDone)
        {
            End();
            _process.WaitForExit();
        }

        Array.ForEach(_signals, signal => signal.Dispose());
        _process.Dispose();
        _deadline.Dispose();
    }

    private void Interrupt(PosixSignalContext context)
    {
        context.Cancel = true;
        _isInterrupted = true;
        End();
    }

    private void End()
    {
        if (_isOurs)
        {
            Command.TryRun(_machines.Dom, "destroy", _machines.DomainName);     // it would outlive its dom
        }

        _process.Kill(entireProcessTree: true);
    }
}
