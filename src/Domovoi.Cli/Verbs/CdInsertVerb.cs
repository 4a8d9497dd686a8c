// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Devices;
using Domovoi.Toolstack.Configuration;
using Domovoi.Toolstack.Configuration.Disks;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xl cd-insert</c></summary>
internal static class CdInsertVerb
{
    internal static Command Build(Session session)
    {
        Argument<string> domain = DomainArgument.Required(session);
        Argument<string> name = DiskArgument.Name();
        Argument<string> target = new("target") { Description = "The image, with xend's prefixes if you like: file:/srv/cd.iso." };
        Verb verb = new("cd-insert", "Put a medium into a domain's CD drive.", "dom cd-insert debian xvdc /srv/debian.iso") { domain, name, target };
        verb.SetAction(parsed =>
        {
            using ControlClient client = session.Connect(parsed.GetValue(domain)!);
            client.CdChange(Medium(parsed.GetValue(name)!, parsed.GetValue(target)!));
            return ExitCode.Success;
        });
        return verb;
    }

    /// <summary>A drive with this in it; nothing for an empty target.</summary>
    internal static DiskSpecification Medium(string name, string target)
    {
        DiskArgument.NumberOf(name);
        string line = $"vdev={name},access=r,devtype=cdrom,target={StripPrefix(target)}";
        return DiskParser.Parse(new ConfigAtom(line, new SourcePosition("command line", 1, 0)));
    }

    private static string StripPrefix(string target) =>
        ((string[])["file:", "phy:", "raw:"]).Aggregate(target, static (rest, prefix) => rest.StartsWith(prefix, StringComparison.Ordinal) ? rest[prefix.Length..] : rest);
}
