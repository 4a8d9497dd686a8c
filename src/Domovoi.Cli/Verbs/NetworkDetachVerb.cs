// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Networks;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xl network-detach</c></summary>
internal static class NetworkDetachVerb
{
    internal static Command Build(Session session)
    {
        Argument<string> domain = DomainArgument.Required(session);
        Argument<string> vif = new("vif") { Description = "The vif's number or MAC address, as network-list shows them." };
        Option<bool> force = new("--force") { Description = "Take it even if the guest does not let go." };
        Verb verb = new("network-detach", "Take a vif from a running domain.", "dom network-detach debian 1") { domain, vif, force };
        verb.SetAction(parsed =>
        {
            using ControlClient client = session.Connect(parsed.GetValue(domain)!);
            NicStatus nic = NicArgument.Find(client.NetworkList(), parsed.GetValue(vif)!);
            client.NetworkDetach(new NicDetachment(nic.Specification.Index, parsed.GetValue(force)));
            return ExitCode.Success;
        });
        return verb;
    }
}
