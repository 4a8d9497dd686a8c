// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace Domovoi.Storage.Nbd;

/// <summary>A qemu-nbd of our own. A thread starts it and stays with it, so that the kernel kills it when this process dies.</summary>
internal sealed class NbdServerProcess : IDisposable
{
    private const string Program = "qemu-nbd";

    private readonly TaskCompletionSource<Process> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _ended = new();
    private readonly string[] _arguments;
    private string _complaint = "";

    private NbdServerProcess(string[] arguments) => _arguments = arguments;

    /// <summary>What it said, once it has ended.</summary>
    internal string Complaint => _complaint.Trim().Split('\n')[0];

    /// <exception cref="DiskException">It is not installed.</exception>
    internal static NbdServerProcess Start(string[] arguments, string image)
    {
        NbdServerProcess server = new(arguments);
        new Thread(server.Run, maxStackSize: 256 * 1024) { Name = Program, IsBackground = true }.Start();
        try
        {
            server._started.Task.GetAwaiter().GetResult();
            return server;
        }
        catch (Win32Exception)
        {
            server.Dispose();
            throw new DiskException(
                "qemu-nbd-missing", $"{image} is not raw, and qemu-nbd, which reads such images, is not installed", "`apt install qemu-utils` brings it");
        }
    }

    /// <summary>true when it has ended.</summary>
    internal bool WaitForEnd(TimeSpan patience) => _ended.Wait(patience);

    /// <summary>Kills it if it has not ended.</summary>
    public void Dispose()
    {
        if (_started.Task.IsCompletedSuccessfully)
        {
            Process process = _started.Task.Result;
            process.Kill();                                 // nothing happens if it has ended
            _ended.Wait();
            process.Dispose();
        }
    }

    private void Run()
    {
        try
        {
            Process process = Launch();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            _started.SetResult(process);
            process.WaitForExit();
            _complaint = errors.GetAwaiter().GetResult();
        }
        catch (Win32Exception e)
        {
            _started.SetException(e);
        }
        finally
        {
            _ended.Set();
        }
    }

    /// <summary>setpriv asks the kernel for the signal that comes with our death, then becomes qemu-nbd.</summary>
    private Process Launch()
    {
        if (File.Exists("/usr/bin/setpriv") && IsInstalled())
        {
            return Start("/usr/bin/setpriv", ["--pdeathsig", "KILL", Program, .. _arguments]);
        }

        return Start(Program, _arguments);
    }

    private static bool IsInstalled() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Any(static folder => folder.Length > 0 && File.Exists(Path.Combine(folder, Program)));

    private static Process Start(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardError = true, RedirectStandardInput = true };
        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }
}
