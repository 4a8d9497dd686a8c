// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Contracts.Control;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xenstore-read</c></summary>
internal static class XenstoreReadVerb
{
    internal static Command Build(Session session)
    {
        Argument<string[]> place = StorePlace.Argument(session);
        Verb verb = new("xenstore-read", "Show one value of a domain's xenstore.", "dom xenstore-read debian name", "dom xenstore-read /local/domain/1/name")
        {
            place,
        };
        verb.SetAction(parsed =>
        {
            StorePlace at = StorePlace.Of(session, parsed.GetValue(place)!, words: 0);
            using ControlClient client = session.Connect(at.Domain);
            session.Out.WriteLine(StoreText.Escape(client.StoreRead(at.Path)));
            return ExitCode.Success;
        });
        return verb;
    }
}
