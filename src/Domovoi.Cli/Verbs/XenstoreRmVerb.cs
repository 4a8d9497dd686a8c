// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Contracts.Control;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xenstore-rm</c></summary>
internal static class XenstoreRmVerb
{
    internal static Command Build(Session session)
    {
        Argument<string[]> place = StorePlace.Argument(session);
        Verb verb = new("xenstore-rm", "Remove a path of a domain's xenstore, with everything below.", "dom xenstore-rm debian data/note") { place };
        verb.SetAction(parsed =>
        {
            StorePlace at = StorePlace.Of(session, parsed.GetValue(place)!, words: 0);
            using ControlClient client = session.Connect(at.Domain);
            client.StoreRemove(at.Path);
            return ExitCode.Success;
        });
        return verb;
    }
}
