// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Domovoi.Guests;

/// <summary>A guest whose console a test reads and types on, as a person would through a pipe.</summary>
internal sealed class RunningGuest : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);
    private readonly Process _process;
    private readonly Task<string> _errors;
    private readonly StringBuilder _console = new();
    private readonly SemaphoreSlim _more = new(0);

    internal RunningGuest(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
        _ = ReadConsoleAsync();
    }

    /// <summary>Everything that the guest has printed so far.</summary>
    internal string Console
    {
        get
        {
            lock (_console)
            {
                return _console.ToString();
            }
        }
    }

    internal string Errors => _errors.GetAwaiter().GetResult();

    /// <summary>Waits for the guest to print something.</summary>
    internal Task SaysAsync(string text) => SaysAsync(new Regex(Regex.Escape(text)), from: 0);

    /// <summary>Waits for the guest to print something behind the first <paramref name="from"/> characters.</summary>
    internal async Task<Match> SaysAsync(Regex text, int from)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (true)
        {
            bool ended = _process.HasExited;
            if (text.Match(ConsoleFrom(from)) is { Success: true } said)
            {
                return said;
            }

            if (clock.Elapsed > s_limit || !await _more.WaitAsync(TimeSpan.FromSeconds(1)))
            {
                Assert.False(ended || clock.Elapsed > s_limit, $"The guest did not say '{text}'. It said:\n{Tail()}");
            }
        }
    }

    internal Task TypeAsync(string line) => PressAsync(line + "\n");

    /// <summary>Types these keys and no more; Enter is <c>\r</c>.</summary>
    internal async Task PressAsync(string keys)
    {
        await _process.StandardInput.WriteAsync(keys);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Sends a signal to the program that shows the guest.</summary>
    internal void Signal(string name) => Process.Start("sh", ["-c", $"kill -{name} {_process.Id}"]).WaitForExit();

    internal void EndInput() => _process.StandardInput.Close();

    /// <summary>Waits for <c>dom create -c</c> to end, and returns its exit code.</summary>
    internal async Task<int> EndsAsync(TimeSpan? within = null)
    {
        using CancellationTokenSource deadline = new(within ?? s_limit);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"The guest did not end. It said:\n{Tail()}");
        }

        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
        _more.Dispose();
    }

    private string ConsoleFrom(int position)
    {
        lock (_console)
        {
            return _console.ToString(position, _console.Length - position);
        }
    }

    private string Tail()
    {
        string console = Console;
        return console[Math.Max(0, console.Length - 3000)..] + (_process.HasExited ? $"\n{Errors}" : "");
    }

    private async Task ReadConsoleAsync()
    {
        char[] buffer = new char[16384];
        while (await _process.StandardOutput.ReadAsync(buffer) is > 0 and int length)
        {
            lock (_console)
            {
                _console.Append(buffer, 0, length);
            }

            _more.Release();
        }
    }
}
