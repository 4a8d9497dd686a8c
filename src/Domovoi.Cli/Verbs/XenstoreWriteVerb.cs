// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Contracts.Control;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xenstore-write</c></summary>
internal static class XenstoreWriteVerb
{
    internal static Command Build(Session session)
    {
        Argument<string[]> place = StorePlace.Argument(session, "domain path value");
        Verb verb = new("xenstore-write", "Set one value in a domain's xenstore.", "dom xenstore-write debian data/note hello") { place };
        verb.SetAction(parsed =>
        {
            StorePlace at = StorePlace.Of(session, parsed.GetValue(place)!, words: 1);
            using ControlClient client = session.Connect(at.Domain);
            client.StoreWrite(at.Path, StoreText.FromArgument(at.Words[0]));
            return ExitCode.Success;
        });
        return verb;
    }
}
