// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace Domovoi.Bench;

/// <summary>One run of a machine: its console lines with the moment each arrived, from the start of the command on.</summary>
internal sealed class Session : IDisposable
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly CancellationTokenSource _deadline;
    private readonly List<string> _seen = [];
    private readonly Process _process;
    private readonly Machine _machines;
    private readonly bool _isOurs;

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
    }

    internal int ProcessId => _process.Id;

    /// <summary>Reads on until a line contains <paramref name="text"/>; returns when it came.</summary>
    /// <exception cref="InvalidOperationException">The machine ended without it, or did not say it in time.</exception>
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
        catch (OperationCanceledException)
        {
            throw new InvalidOperationException($"not done in time; the last line: {_seen.LastOrDefault()}");
        }

        throw new InvalidOperationException($"ended early; its last lines:\n{string.Join('\n', _seen.TakeLast(10))}");
    }

    /// <summary>Lets the guest power itself off; a machine without a power switch (microvm), or one that hangs, is ended.</summary>
    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(3)))
        {
            if (_isOurs)
            {
                Command.TryRun(_machines.Dom, "destroy", _machines.DomainName);
            }

            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
        _deadline.Dispose();
    }
}
