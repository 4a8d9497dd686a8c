// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Images;

/// <summary>Runs a program that takes long: its lines come as it writes them, and an interrupted dom takes it along.</summary>
internal sealed class StreamingTool(Action<string> onLine)
{
    private readonly Lock _gate = new();                    // lines of the two streams come from two threads

    /// <summary>Returns the exit code.</summary>
    /// <exception cref="ProblemException">The person pressed Ctrl-C, or the program is not there.</exception>
    internal int Run(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Start(start);
        process.StandardInput.Close();
        bool interrupted = false;
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        process.OutputDataReceived += (_, e) => Take(e.Data);
        process.ErrorDataReceived += (_, e) => Take(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.WaitForExit();
        return interrupted ? throw new ProblemException("interrupted", "interrupted; what was made so far is removed") : process.ExitCode;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            interrupted = true;
            process.Kill(entireProcessTree: true);
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new ProblemException("tool-missing", $"`{start.FileName}` cannot be run: {e.Message}");
        }
    }

    private void Take(string? line)
    {
        if (line is not null)
        {
            lock (_gate)
            {
                onLine(line);
            }
        }
    }
}
