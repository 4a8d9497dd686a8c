// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Text;

namespace Domovoi.DomainHost.Nics;

/// <summary>A program of the host's that has a limited time; what it says is kept.</summary>
internal static class HostCommand
{
    private const int MostOutput = 16 * 1024;

    /// <summary>A program left in the background may hold the output open; so long it is listened to after the end.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromMilliseconds(500);

    /// <param name="program">A path, or a name to be found in PATH.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Added to this process's own.</param>
    /// <param name="limit">It and what it has started are killed after it.</param>
    /// <returns>The exit code, null if it was killed for its time; standard output and error as they came, the first 16 KiB.</returns>
    /// <exception cref="System.ComponentModel.Win32Exception">There is no such program, or it cannot be executed.</exception>
    internal static (int? ExitCode, string Output) Run(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, TimeSpan limit)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        StringBuilder output = new();
        Task reading = Task.WhenAll(KeepAsync(process.StandardOutput, output), KeepAsync(process.StandardError, output));
        bool hasEnded = process.WaitForExit(limit);
        if (!hasEnded)
        {
            process.Kill(entireProcessTree: true);
        }

        reading.Wait(LastWords);
        lock (output)
        {
            return (hasEnded ? process.ExitCode : null, output.ToString().Trim());
        }
    }

    private static async Task KeepAsync(StreamReader from, StringBuilder output)
    {
        char[] buffer = new char[1024];
        try
        {
            while (await from.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var count)
            {
                lock (output)
                {
                    output.Append(buffer, 0, Math.Min(count, MostOutput - output.Length));
                }
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or IOException)
        {
            // Nobody listens any more.
        }
    }
}
