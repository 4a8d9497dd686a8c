// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Text.Json;
using Domovoi.Cli.Listing;
using Domovoi.Toolstack.Registry;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xl list</c></summary>
internal static class ListVerb
{
    private static readonly Option<bool> Long = new("--long", "-l") { Description = "Show all details, as JSON." };
    private static readonly Option<bool> Json = new("--json") { Description = "Show the table as JSON." };
    private static readonly Option<bool> Verbose = new("--verbose", "-v") { Description = "Show UUIDs and why domains have shut down too." };

    internal static Command Build(Session session)
    {
        Argument<string?> domain = DomainArgument.Optional(session);
        Verb verb = new(
            "list",
            "List the domains, and what is left of those that crashed.",
            "dom list",
            "dom list --json | jq -r '.[].name'")
        {
            domain, Long, Json, Verbose,
        };
        verb.SetAction(parsed =>
        {
            IReadOnlyList<ListedDomain> rows = Rows(session, parsed.GetValue(domain), parsed.GetValue(Long));
            if (parsed.GetValue(Json) || parsed.GetValue(Long))
            {
                session.Out.WriteLine(JsonSerializer.Serialize(rows, ListingJson.Default.IReadOnlyListListedDomain));
            }
            else
            {
                DomainTable.Write(session, rows, parsed.GetValue(Verbose));
            }

            return ExitCode.Success;
        });
        return verb;
    }

    private static IReadOnlyList<ListedDomain> Rows(Session session, string? domain, bool details) => domain switch
    {
        null => [HostDomain.Read(), .. DomainSurvey.Of(session.Registry.WorthListing(), details)],
        "0" or HostDomain.Name => [HostDomain.Read()],
        _ => DomainSurvey.Of([session.Registry.Find(domain)], details),
    };
}
