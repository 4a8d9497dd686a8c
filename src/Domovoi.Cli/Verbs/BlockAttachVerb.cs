// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.Toolstack.Configuration;
using Domovoi.Toolstack.Configuration.Disks;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xl block-attach</c></summary>
internal static class BlockAttachVerb
{
    internal static Command Build(Session session)
    {
        Argument<string> domain = DomainArgument.Required(session);
        Argument<string[]> words = new("disk")
        {
            Description = "The disk as in a configuration file; several words count as one line with commas.",
            Arity = ArgumentArity.OneOrMore,
        };
        Verb verb = new(
            "block-attach",
            "Give a running domain a disk.",
            "dom block-attach debian /srv/data.img,raw,xvdb,w",
            "dom block-attach debian phy:/dev/vg/data xvdb w")
        {
            domain, words,
        };
        verb.SetAction(parsed =>
        {
            ConfigAtom line = new(string.Join(',', parsed.GetValue(words)!), new SourcePosition("command line", 1, 0));
            using ControlClient client = session.Connect(parsed.GetValue(domain)!);
            client.DiskAttach(DiskParser.Parse(line));
            return ExitCode.Success;
        });
        return verb;
    }
}
