// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Domovoi.Contracts.Registry;

namespace Domovoi.Toolstack.Cli;

/// <summary>Runs dom as a person would, in a run directory of the test's own.</summary>
internal sealed class Dom(string runDirectory)
{
    internal string? DomovoiVm { get; init; }

    internal DomResult Run(params string[] arguments)
    {
        using Process process = Start(arguments);
        process.StandardInput.Close();
        return Finish(process);
    }

    internal static string Program => Path.Combine(AppContext.BaseDirectory, "dom");

    internal Process Start(params string[] arguments) => StartProgram(Program, arguments);

    internal Process StartProgram(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[RunDirectory.Variable] = runDirectory;
        start.Environment["DOMOVOI_VM"] = DomovoiVm;
        return Process.Start(start)!;
    }

    internal static DomResult Finish(Process process)
    {
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new DomResult(process.ExitCode, output, errors.Result);
    }
}

/// <summary>What a run of dom left behind.</summary>
internal sealed record DomResult(int Code, string Output, string Errors);
