// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace Domovoi.Bench;

/// <summary>One run of a machine: its console lines with the moment each arrived, from the start of the command on.</summary>
internal sealed class Session : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(10);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly CancellationTokenSource _deadline = new(s_limit);
    private readonly List<string> _seen = [];
    private readonly Process _process;

    internal Session(Machine machine, string ramdisk)
    {
        string[] command = machine.CommandFor(ramdisk);
        ProcessStartInfo start = new(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardInput = true };
        _process = Process.Start(start)!;
    }

    internal int ProcessId => _process.Id;

    /// <summary>Reads on until a line contains <paramref name="text"/>; returns when it came.</summary>
    internal async Task<TimeSpan> WaitForAsync(string text, Action<string>? onLine = null)
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

        throw new InvalidOperationException(
            $"The guest ended without saying '{text}'. Its last lines:\n{string.Join('\n', _seen.TakeLast(25))}");
    }

    /// <summary>Lets the guest power itself off; a machine without a power switch (microvm) is ended.</summary>
    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(3)))
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
        _deadline.Dispose();
    }
}
