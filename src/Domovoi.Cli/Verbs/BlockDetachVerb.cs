// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Devices;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xl block-detach</c></summary>
internal static class BlockDetachVerb
{
    internal static Command Build(Session session)
    {
        Argument<string> domain = DomainArgument.Required(session);
        Argument<string> name = DiskArgument.Name();
        Option<bool> force = new("--force", "-f") { Description = "Do not wait for the guest to let go." };
        Verb verb = new("block-detach", "Take a disk from a running domain.", "dom block-detach debian xvdb") { domain, name, force };
        verb.SetAction(parsed =>
        {
            int number = DiskArgument.NumberOf(parsed.GetValue(name)!);
            using ControlClient client = session.Connect(parsed.GetValue(domain)!);
            client.DiskDetach(new DiskRemoval(number, parsed.GetValue(force)));
            return ExitCode.Success;
        });
        return verb;
    }
}
