// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Globalization;
using Domovoi.Contracts;
using Domovoi.Toolstack.Registry;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xl domid</c></summary>
internal static class DomIdVerb
{
    internal static Command Build(Session session)
    {
        Argument<string> name = new("name") { Description = "The domain's name." };
        Verb verb = new("domid", "Show the id of the domain with a name.", "dom domid debian") { name };
        verb.SetAction(parsed =>
        {
            string wanted = parsed.GetValue(name)!;
            DomainEntry? entry = session.Registry.All().FirstOrDefault(e => e.IsAlive && e.Record.Name == wanted);
            int id = wanted == Listing.HostDomain.Name ? 0 : entry?.Record.Id ?? throw new ProblemException(
                "domain-unknown", $"Can't get domid of domain name '{wanted}', maybe this domain does not exist.");
            session.Out.WriteLine(id.ToString(CultureInfo.InvariantCulture));
            return ExitCode.Success;
        });
        return verb;
    }
}
