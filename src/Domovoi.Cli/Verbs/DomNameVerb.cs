// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Globalization;
using Domovoi.Contracts;
using Domovoi.Toolstack.Registry;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xl domname</c></summary>
internal static class DomNameVerb
{
    internal static Command Build(Session session)
    {
        Argument<string> id = new("id") { Description = "The domain's id." };
        Verb verb = new("domname", "Show the name of the domain with an id.", "dom domname 1") { id };
        verb.SetAction(parsed =>
        {
            string wanted = parsed.GetValue(id)!;
            if (!int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                throw new ProblemException("domain-id", "Invalid domain id.", $"'{wanted}' is not a number");
            }

            DomainEntry? entry = session.Registry.All().FirstOrDefault(e => e.IsAlive && e.Record.Id == number);
            string name = number == 0 ? Listing.HostDomain.Name : entry?.Record.Name ?? throw new ProblemException(
                "domain-unknown", $"Can't get domain name of domain id '{number}', maybe this domain does not exist.");
            session.Out.WriteLine(name);
            return ExitCode.Success;
        });
        return verb;
    }
}
