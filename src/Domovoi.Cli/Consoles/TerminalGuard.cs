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
    private const string ControllingTerminal = "/dev/tty";
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

        ProcessStartInfo start = new(self, [.. assembly, Verb, Terminal.PathOf(0) ?? ControllingTerminal, Convert.ToHexString(settings)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        return Process.Start(start) is { } process ? new TerminalGuard(process) : null;
    }

    /// <summary>The guard's own life.</summary>
    /// <param name="path">The terminal. It is opened only when it is needed: whoever had it open when the leader of its session was
    /// killed can do nothing with it any more, and by then it is nobody's controlling terminal.</param>
    /// <param name="settings">What to put back, in hexadecimal.</param>
    internal static int Run(string path, string settings)
    {
        Terminal.IgnoreBackgroundStop();
        PosixSignal[] signals = [PosixSignal.SIGHUP, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGTERM];
        PosixSignalRegistration[] kept = [.. signals.Select(s => PosixSignalRegistration.Create(s, c => c.Cancel = true))];
        byte[] word = new byte[1];
        if (new DescriptorStream(0).Read(word) == 0)
        {
            Restore(path, Convert.FromHexString(settings));
        }

        GC.KeepAlive(kept);
        return ExitCode.Success;
    }

    private static void Restore(string path, byte[] settings)
    {
        try
        {
            using FileStream terminal = new(path, FileMode.Open, FileAccess.ReadWrite);
            Terminal.Restore((int)terminal.SafeFileHandle.DangerousGetHandle(), settings);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LinuxException)
        {
            // The window has been closed.
        }
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
