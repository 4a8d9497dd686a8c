// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Contracts.Control;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xenstore-list</c></summary>
internal static class XenstoreListVerb
{
    internal static Command Build(Session session)
    {
        Argument<string[]> place = StorePlace.Argument(session);
        Verb verb = new("xenstore-list", "Show the names below a path of a domain's xenstore.", "dom xenstore-list debian device") { place };
        verb.SetAction(parsed =>
        {
            StorePlace at = StorePlace.Of(session, parsed.GetValue(place)!, words: 0);
            using ControlClient client = session.Connect(at.Domain);
            foreach (StoreNode child in client.StoreList(at.Path).Children)
            {
                session.Out.WriteLine(child.Name);
            }

            return ExitCode.Success;
        });
        return verb;
    }
}
