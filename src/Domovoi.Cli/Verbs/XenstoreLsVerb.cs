// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Contracts.Control;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xenstore-ls</c></summary>
internal static class XenstoreLsVerb
{
    private static readonly Option<bool> Flat = new("-f") { Description = "Show each path in full." };
    private static readonly Option<bool> Permissions = new("-p") { Description = "Show permissions." };

    internal static Command Build(Session session)
    {
        Argument<string[]> place = StorePlace.Argument(session);
        Verb verb = new("xenstore-ls", "Show a domain's xenstore as a tree.", "dom xenstore-ls debian", "dom xenstore-ls -f debian device")
        {
            place, Flat, Permissions,
        };
        verb.SetAction(parsed =>
        {
            StorePlace at = StorePlace.Of(session, parsed.GetValue(place)!, words: 0);
            using ControlClient client = session.Connect(at.Domain);
            StoreNode root = client.StoreList(at.Path);
            foreach (StoreNode child in root.Children)
            {
                Write(session, child, parsed.GetValue(Flat) ? at.Path.TrimEnd('/') + "/" : "", parsed.GetValue(Flat), parsed.GetValue(Permissions));
            }

            return ExitCode.Success;
        });
        return verb;
    }

    private static void Write(Session session, StoreNode node, string prefix, bool flat, bool permissions)
    {
        string rights = permissions ? $"   ({string.Join(',', node.Permissions)})" : "";
        session.Out.WriteLine($"{prefix}{node.Name} = \"{StoreText.Escape(node.Value)}\"{rights}");
        foreach (StoreNode child in node.Children)
        {
            Write(session, child, flat ? $"{prefix}{node.Name}/" : prefix + " ", flat, permissions);
        }
    }
}
