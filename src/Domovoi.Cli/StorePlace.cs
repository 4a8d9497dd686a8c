// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Contracts;

namespace Domovoi.Cli;

/// <summary>A path in a domain's xenstore: <c>DOMAIN PATH</c>, or as on Xen a full path that names the domain.</summary>
internal sealed record StorePlace(string Domain, string Path, IReadOnlyList<string> Words)
{
    private const string Domains = "/local/domain/";

    internal static Argument<string[]> Argument(Session session, string shape = "domain path")
    {
        Argument<string[]> argument = new("place")
        {
            HelpName = shape,
            Description = "A domain and a path that starts at its own folder, or a full /local/domain/ID/... path.",
            Arity = ArgumentArity.OneOrMore,
        };
        argument.CompletionSources.Add(_ => session.Registry.WorthListing()
            .Select(e => new System.CommandLine.Completions.CompletionItem(e.Record.Name)));
        return argument;
    }

    /// <summary>Splits the arguments; <paramref name="words"/> is how many follow the path.</summary>
    internal static StorePlace Of(Session session, string[] arguments, int words)
    {
        bool full = arguments[0].StartsWith(Domains, StringComparison.Ordinal);
        string domain = full ? arguments[0][Domains.Length..].Split('/')[0] : arguments[0];
        string[] rest = full ? arguments : arguments[1..];
        if (rest.Length > words + 1 || rest.Length < words)
        {
            throw new ProblemException("usage", "expected a domain, a path" + (words > 0 ? " and a value" : ""));
        }

        string path = rest.Length > words ? rest[0] : $"{Domains}{session.Registry.Living(domain).Record.Id}";
        return new StorePlace(domain, path, rest[^words..]);
    }
}
