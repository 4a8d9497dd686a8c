// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Provisioning;

/// <summary>Runs a program of the host without a terminal.</summary>
internal static class HostTool
{
    /// <summary>Returns its code and what it said on both streams.</summary>
    internal static (int Code, string Output, string Errors) Run(string program, IEnumerable<string> arguments, string directory)
    {
        using Process process = Start(program, arguments, directory);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }

    internal static Process Start(string program, IEnumerable<string> arguments, string directory)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C";
        try
        {
            Process process = Process.Start(start)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception)
        {
            throw new ProblemException(
                "tool-missing",
                $"`{program}` is missing: fetching Debian's kernel needs a Debian or Ubuntu host",
                "give your own with --kernel and --busybox, or write a configuration for `dom create`");
        }
    }
}
