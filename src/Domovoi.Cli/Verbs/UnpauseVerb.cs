// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Contracts.Control;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xl unpause</c></summary>
internal static class UnpauseVerb
{
    internal static Command Build(Session session)
    {
        Argument<string> domain = DomainArgument.Required(session);
        Verb verb = new("unpause", "Let a paused domain go on.", "dom unpause debian") { domain };
        verb.SetAction(parsed =>
        {
            using ControlClient client = session.Connect(parsed.GetValue(domain)!);
            client.Unpause();
            return ExitCode.Success;
        });
        return verb;
    }
}
