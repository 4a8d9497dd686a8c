// SPDX-License-Identifier: MIT
using System.Text.Json;
using Domovoi.Contracts;
using Domovoi.Contracts.Launch;
using Domovoi.Linux;

namespace Domovoi.DomainHost.Launch;

/// <summary>Tells who started this process, once, how it went, and lets them go.</summary>
internal sealed class LaunchReporter
{
    private bool _isDone;

    internal bool IsDone => _isDone;

    internal void Succeed() => Report(new LaunchReport(true));

    internal void Fail(Problem problem) => Report(new LaunchReport(false, problem));

    private void Report(LaunchReport report)
    {
        if (_isDone)
        {
            return;
        }

        _isDone = true;
        try
        {
            using DescriptorStream output = new(1);
            output.Write([.. JsonSerializer.SerializeToUtf8Bytes(report, ContractJson.Default.LaunchReport), (byte)'\n']);
        }
        catch (IOException)
        {
            // Nobody listens; the domain goes on.
        }

        ProcessIsolation.ReleaseStandardStreams();
    }
}
