// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Networks;
using Domovoi.Toolstack.Networks;
using Domovoi.Toolstack.Registry;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xl network-attach</c></summary>
internal static class NetworkAttachVerb
{
    internal static Command Build(Session session)
    {
        Argument<string> domain = DomainArgument.Required(session);
        Argument<string[]> words = new("key=value")
        {
            Description = "As in the configuration's vif = [ ... ], with spaces or commas between.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<string?> settings = NetworkVerb.NewSettingsOption();
        Verb verb = new(
            "network-attach",
            "Give a running domain another vif.",
            "dom network-attach debian",
            "dom network-attach debian bridge=xenbr0 vlan=10")
        {
            domain, words, settings,
        };
        verb.SetAction(parsed =>
        {
            DomainEntry entry = session.Registry.Living(parsed.GetValue(domain)!);
            VifConfiguration vif = VifParser.Parse(string.Join(',', parsed.GetValue(words) ?? []));
            using ControlClient client = DomainRegistry.Connect(entry);
            IEnumerable<int> taken = client.NetworkList().Nics.Select(static nic => nic.Specification.Index);
            foreach (NicSpecification nic in new NicPlanner(entry.Record.Name, session.Networks(parsed.GetValue(settings))).Plan([vif], taken))
            {
                client.NetworkAttach(nic);
            }

            return ExitCode.Success;
        });
        return verb;
    }
}
