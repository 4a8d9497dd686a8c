// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Registry;
using Domovoi.Linux;
using Domovoi.Toolstack.Networks;
using Domovoi.Toolstack.Registry;

namespace Domovoi.Cli;

/// <summary>What every verb works with: results on standard output, everything said to the person on standard error.</summary>
internal sealed class Session
{
    internal TextWriter Out { get; } = new StreamWriter(new DescriptorStream(1)) { AutoFlush = true };

    internal TextWriter Error { get; } = new StreamWriter(new DescriptorStream(2)) { AutoFlush = true };

    internal RunDirectory RunDirectory { get; } = RunDirectory.OfCurrentUser();

    internal DomainRegistry Registry => new(RunDirectory);

    /// <summary>The networks of this host and user.</summary>
    /// <param name="settings">xend's settings; null for those of <c>/etc/xen</c>.</param>
    internal NetworkCatalog Networks(string? settings = null) => new(RunDirectory, XendSettingsReader.Load(settings));

    /// <summary>A connection to the process of a living domain.</summary>
    internal ControlClient Connect(string domain) => DomainRegistry.Connect(Registry.Living(domain));

    internal void Warn(Problem problem) => Say("warning", problem);

    internal void Fail(Problem problem) => Say("error", problem);

    private void Say(string severity, Problem problem)
    {
        try
        {
            Write(severity, problem);
        }
        catch (IOException)
        {
            // Nobody is there to be told: the terminal or the pipe has been closed.
        }
    }

    private void Write(string severity, Problem problem)
    {
        string place = problem.Where is { } where ? $"{where.File}:{where.Line}:{where.Column}" : "dom";
        Error.WriteLine($"{place}: {severity}: {problem.Message}");
        if (problem.Hint is { } hint)
        {
            Error.WriteLine($"  hint: {hint}");
        }
    }
}
