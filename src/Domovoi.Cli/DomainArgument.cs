// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Globalization;

namespace Domovoi.Cli;

/// <summary>The argument that names a domain, with completion from the registry.</summary>
internal static class DomainArgument
{
    internal static Argument<string> Required(Session session) => Complete(session, new Argument<string>("domain")
    {
        Description = "The domain's name or id.",
    });

    internal static Argument<string?> Optional(Session session) => Complete(session, new Argument<string?>("domain")
    {
        Description = "The domain's name or id.",
        Arity = ArgumentArity.ZeroOrOne,
    });

    private static Argument<T> Complete<T>(Session session, Argument<T> argument)
    {
        argument.CompletionSources.Add(_ => session.Registry.WorthListing()
            .Select(e => new System.CommandLine.Completions.CompletionItem(e.Record.Name, detail: Id(e.Record.Id))));
        return argument;
    }

    private static string Id(int id) => id.ToString(CultureInfo.InvariantCulture);
}
