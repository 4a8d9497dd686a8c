// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Contracts.Control;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xl pause</c></summary>
internal static class PauseVerb
{
    internal static Command Build(Session session)
    {
        Argument<string> domain = DomainArgument.Required(session);
        Verb verb = new("pause", "Stop a domain where it stands.", "dom pause debian") { domain };
        verb.SetAction(parsed =>
        {
            using ControlClient client = session.Connect(parsed.GetValue(domain)!);
            client.Pause();
            return ExitCode.Success;
        });
        return verb;
    }
}
