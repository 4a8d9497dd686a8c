// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Contracts.Control;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xl cd-eject</c></summary>
internal static class CdEjectVerb
{
    internal static Command Build(Session session)
    {
        Argument<string> domain = DomainArgument.Required(session);
        Argument<string> name = DiskArgument.Name();
        Verb verb = new("cd-eject", "Take the medium out of a domain's CD drive.", "dom cd-eject debian xvdc") { domain, name };
        verb.SetAction(parsed =>
        {
            using ControlClient client = session.Connect(parsed.GetValue(domain)!);
            client.CdChange(CdInsertVerb.Medium(parsed.GetValue(name)!, target: ""));
            return ExitCode.Success;
        });
        return verb;
    }
}
