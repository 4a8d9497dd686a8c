// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace Domovoi.GuestDisks;

/// <summary>e2fsprogs and fdisk: what the reader is held against. A test whose program is missing is skipped, and says so.</summary>
internal static class HostTool
{
    internal static string Run(string program, params string[] arguments) => Feed("", program, arguments);

    internal static string Feed(string input, string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = "/usr/sbin:/sbin:" + Environment.GetEnvironmentVariable("PATH");
        start.FileName = new[] { "/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/" }.Select(folder => folder + program).FirstOrDefault(File.Exists) ?? program;
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            process.StandardInput.Write(input);
            process.StandardInput.Close();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            bool isFine = process.ExitCode == 0 || (program == "e2fsck" && process.ExitCode <= 2);
            return isFine ? output : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {output}{errors.Result}");
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{program} is not installed.");
            throw;
        }
    }
}
