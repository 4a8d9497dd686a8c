// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace Domovoi.Bench;

/// <summary>A program run to its end; its failure is ours.</summary>
internal static class Command
{
    internal static string Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: exit code {process.ExitCode}");
    }
}
