// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Contracts;
using Domovoi.Toolstack.Lifecycle;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xl destroy</c></summary>
internal static class DestroyVerb
{
    private static readonly Option<bool> Force = new("-f") { Description = "Accepted for xl's sake; the host cannot be destroyed." };

    internal static Command Build(Session session)
    {
        Argument<string> domain = DomainArgument.Required(session);
        Verb verb = new("destroy", "End a domain at once, or forget a dead one and its logs.", "dom destroy debian") { domain, Force };
        verb.SetAction(parsed =>
        {
            string name = parsed.GetValue(domain)!;
            if (name is "0" or Listing.HostDomain.Name)
            {
                throw new ProblemException("destroy-host", "Domain-0 is this machine; it is not destroyed");
            }

            new DomainDestruction(session.Registry).Destroy(session.Registry.Find(name));
            return ExitCode.Success;
        });
        return verb;
    }
}
