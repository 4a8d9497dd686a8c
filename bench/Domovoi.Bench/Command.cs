// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace Domovoi.Bench;

/// <summary>A program run to its end.</summary>
internal static class Command
{
    /// <exception cref="InvalidOperationException">It failed.</exception>
    internal static string Run(string program, params string[] arguments) =>
        Start(program, arguments, hideErrors: false) is (0, var output)
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed");

    /// <summary>Where its failure does not matter, and nobody wants to read of it.</summary>
    internal static void TryRun(string program, params string[] arguments) => Start(program, arguments, hideErrors: true);

    private static (int ExitCode, string Output) Start(string program, string[] arguments, bool hideErrors)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = hideErrors };
        using Process process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        if (hideErrors)
        {
            process.BeginErrorReadLine();
        }

        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
