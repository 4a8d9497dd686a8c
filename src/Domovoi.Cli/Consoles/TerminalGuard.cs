// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.InteropServices;
using Domovoi.Linux;

namespace Domovoi.Cli.Consoles;

/// <summary>A second process that puts the terminal back when the first is killed.</summary>
/// <remarks>
/// It waits on a pipe that only the viewer holds. A byte means that the viewer has restored the terminal itself; the end of the
/// pipe without one means that it was killed.
/// </remarks>
internal sealed class TerminalGuard : IDisposable
{
    internal const string Verb = "terminal-guard";
    private readonly Process _process;

    private TerminalGuard(Process process) => _process = process;

    /// <summary>Starts the guard over the terminal on standard input.</summary>
    internal static TerminalGuard? TryStart(byte[] settings)
    {
        string? self = Environment.ProcessPath;
        string[] assembly = Path.GetFileNameWithoutExtension(self) == "dotnet" ? [Path.Combine(AppContext.BaseDirectory, "dom.dll")] : [];
        if (self is null)
        {
            return null;
        }

        ProcessStartInfo start = new(self, [.. assembly, Verb, Convert.ToHexString(settings)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        return Process.Start(start) is { } process ? new TerminalGuard(process) : null;
    }

    /// <summary>The guard's own life. Its standard error is still the terminal.</summary>
    internal static int Run(string settings)
    {
        Terminal.IgnoreBackgroundStop();
        PosixSignal[] signals = [PosixSignal.SIGHUP, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGTERM];
        PosixSignalRegistration[] kept = [.. signals.Select(s => PosixSignalRegistration.Create(s, c => c.Cancel = true))];
        byte[] word = new byte[1];
        if (new DescriptorStream(0).Read(word) == 0)
        {
            using FileStream terminal = new("/dev/tty", FileMode.Open, FileAccess.ReadWrite);
            Terminal.Restore((int)terminal.SafeFileHandle.DangerousGetHandle(), Convert.FromHexString(settings));
        }

        GC.KeepAlive(kept);
        return ExitCode.Success;
    }

    /// <summary>Tells the guard that all is well, and waits for it to go.</summary>
    public void Dispose()
    {
        try
        {
            _process.StandardInput.BaseStream.WriteByte(1);
            _process.StandardInput.Close();
            _process.WaitForExit();
        }
        catch (IOException)
        {
            // The guard itself was killed; the terminal has been restored here.
        }

        _process.Dispose();
    }
}
