// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Text.Json;
using Domovoi.Contracts;
using Domovoi.Contracts.Launch;
using Domovoi.Contracts.Registry;

namespace Domovoi.Toolstack.Lifecycle;

/// <summary>Starts <c>domovoi-vm</c> and hears whether the guest runs.</summary>
internal static class DomainProcess
{
    /// <summary>The environment variable that names another <c>domovoi-vm</c>, for tests.</summary>
    internal const string Variable = "DOMOVOI_VM";

    private const string FileName = "domovoi-vm";
    private const int LongestComplaint = 2000;

    /// <summary>Returns when the guest runs; otherwise throws what the process reported, and the process is gone.</summary>
    /// <returns>The pipe of <see cref="DomainSpecification.EndsWithCaller"/>.</returns>
    internal static Stream Start(DomainSpecification specification, DomainFolder folder)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(specification, ContractJson.Default.DomainSpecification);
        File.WriteAllBytes(folder.Specification, json);
        ProcessStartInfo start = new(Locate(), ["--spec", folder.Specification])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{FileName} did not start");
        Stream tie = process.StandardInput.BaseStream;
        Task<string> complaint = process.StandardError.ReadToEndAsync();
        string? line = process.StandardOutput.ReadLine();
        if (TryParse(line) is { Ok: true })
        {
            return tie;
        }

        tie.Dispose();
        Task.WaitAny(complaint, Task.Delay(TimeSpan.FromSeconds(2)));
        if (!process.WaitForExit(TimeSpan.FromSeconds(2)))
        {
            process.Kill();
            process.WaitForExit();
        }

        throw new ProblemException(TryParse(line)?.Problem ?? Death(process.ExitCode, complaint, folder));
    }

    private static string Locate()
    {
        string? chosen = Environment.GetEnvironmentVariable(Variable);
        string path = string.IsNullOrEmpty(chosen) ? Path.Combine(AppContext.BaseDirectory, FileName) : Path.GetFullPath(chosen);
        return File.Exists(path)
            ? path
            : throw new ProblemException(
                "vm-missing", $"{path} is missing", $"{FileName} belongs beside dom; ./dom builds both, {Variable} names another");
    }

    private static LaunchReport? TryParse(string? line)
    {
        try
        {
            return line is null ? null : JsonSerializer.Deserialize(line, ContractJson.Default.LaunchReport);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Problem Death(int exitCode, Task<string> complaint, DomainFolder folder)
    {
        string said = complaint.IsCompletedSuccessfully ? complaint.Result.Trim() : "";
        if (said.Length == 0 && File.Exists(folder.HypervisorLog))
        {
            said = File.ReadAllText(folder.HypervisorLog).Trim();
        }

        said = said.Length > LongestComplaint ? "..." + said[^LongestComplaint..] : said;
        string detail = said.Length == 0 ? "" : $":\n{said}";
        return new Problem("vm-died", $"{FileName} ended with code {exitCode} before the guest ran{detail}");
    }
}
