// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace Domovoi.Guests;

/// <summary>A program of the host that a test uses; without it, the test is skipped.</summary>
internal static class HostProgram
{
    internal static DomResult Run(string program, params string[] arguments)
    {
        string path = ((string[])["/usr/sbin", "/sbin", "/usr/bin", "/bin"]).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists) ?? "";
        Assert.SkipWhen(path.Length == 0, $"{program} is not installed");
        ProcessStartInfo start = new(path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new DomResult(process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
