// SPDX-License-Identifier: MIT
using Domovoi.Toolstack.Registry;

namespace Domovoi.Cli.Consoles;

/// <summary>Why a viewer stopped.</summary>
/// <param name="Domain">What was viewed.</param>
/// <param name="Ended">What is left of the domain; null when it goes on and the person left.</param>
/// <param name="Signal">The signal that made the viewer leave, or 0.</param>
internal readonly record struct ConsoleOutcome(DomainEntry Domain, DomainEntry? Ended, int Signal)
{
    /// <summary>0 for a person who left; as a shell tells it, for a signal.</summary>
    internal int LeavingCode => Signal == 0 ? ExitCode.Success : 128 + Signal;

    /// <summary>0 for a clean end or a viewer that left, another code for a crash.</summary>
    internal int Report(Session session)
    {
        if (Ended is not { } ended)
        {
            string name = Domain.Record.Name;
            session.Error.WriteLine();
            session.Error.WriteLine($"Left the console. The domain goes on: `dom console {name}` returns to it, `dom destroy {name}` ends it.");
            return LeavingCode;
        }

        if (!ended.EndedBadly)
        {
            return ExitCode.Success;
        }

        session.Error.WriteLine();
        session.Fail(new Contracts.Problem(
            "domain-ended-badly",
            $"domain '{ended.Record.Name}' ended: {DomainRegistry.EndingOf(ended)}",
            Hint: $"`dom dmesg {ended.Record.Id}` shows the report; the logs are in {ended.Folder.Path}"));
        return ended.Record.End?.ExitCode is > 0 and var code ? code : ExitCode.Failure;
    }
}
