// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Globalization;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Networks;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xl network-list</c>, to the column; <c>--stats</c> adds what went through.</summary>
internal static class NetworkListVerb
{
    private const string Heading = "Idx BE Mac Addr.         handle state evt-ch   tx-/rx-ring-ref BE-path";

    internal static Command Build(Session session)
    {
        Argument<string> domain = DomainArgument.Required(session);
        Option<bool> counters = new("--stats") { Description = "Show each vif's network and counters." };
        Verb verb = new("network-list", "List a domain's vifs.", "dom network-list debian", "dom network-list --stats debian") { domain, counters };
        verb.SetAction(parsed =>
        {
            using ControlClient client = session.Connect(parsed.GetValue(domain)!);
            session.Out.WriteLine(Heading);
            foreach (NicStatus nic in client.NetworkList().Nics)
            {
                session.Out.WriteLine(Line(nic));
                if (parsed.GetValue(counters))
                {
                    session.Out.WriteLine($"    {Network(nic.Specification)}: {string.Join(", ", nic.Counters.Select(Count))}");
                }
            }

            return ExitCode.Success;
        });
        return verb;
    }

    private static string Line(NicStatus nic) => string.Create(
        CultureInfo.InvariantCulture,
        $"{nic.Specification.Index,-3} {0,-2} {nic.Specification.Mac} {nic.Specification.Index,6} {nic.State,5} {nic.EventChannel,6} {nic.TransmitRing,5}/{nic.ReceiveRing,-11} {nic.BackendPath,-30}");

    private static string Network(NicSpecification nic) => nic.NetworkName is { } name
        ? $"{nic.Network.ToString().ToLowerInvariant()} {name}{(nic.Vlans is { } vlans ? $" vlan {vlans}" : "")}"
        : nic.Network.ToString().ToLowerInvariant();

    private static string Count(KeyValuePair<string, long> counter) =>
        string.Create(CultureInfo.InvariantCulture, $"{counter.Key} {counter.Value}");
}
