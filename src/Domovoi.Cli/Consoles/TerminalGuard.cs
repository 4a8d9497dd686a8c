// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.InteropServices;
using Domovoi.Linux;
using Microsoft.Win32.SafeHandles;

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
        string? terminal = new FileInfo("/proc/self/fd/0").LinkTarget;
        string[] assembly = Path.GetFileNameWithoutExtension(self) == "dotnet" ? [Path.Combine(AppContext.BaseDirectory, "dom.dll")] : [];
        if (self is null || terminal is null)
        {
            return null;
        }

        ProcessStartInfo start = new(self, [.. assembly, Verb, terminal, Convert.ToHexString(settings)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        return Process.Start(start) is { } process ? new TerminalGuard(process) : null;
    }

    /// <summary>The guard's own life. The terminal is opened by name: its session may end with the viewer.</summary>
    internal static int Run(string path, string settings)
    {
        using SafeFileHandle terminal = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        Terminal.IgnoreBackgroundStop();
        PosixSignal[] signals = [PosixSignal.SIGHUP, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGTERM];
        PosixSignalRegistration[] kept = [.. signals.Select(s => PosixSignalRegistration.Create(s, c => c.Cancel = true))];
        byte[] word = new byte[1];
        if (new DescriptorStream(0).Read(word) == 0)
        {
            Terminal.Restore((int)terminal.DangerousGetHandle(), Convert.FromHexString(settings));
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
