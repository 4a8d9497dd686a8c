// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Contracts;
using Domovoi.Toolstack.Registry;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xl dmesg</c>: here each domain has a hypervisor, and a log, of its own.</summary>
internal static class DmesgVerb
{
    internal static Command Build(Session session)
    {
        Argument<string?> domain = DomainArgument.Optional(session);
        Verb verb = new(
            "dmesg",
            "Show the hypervisor's log of a domain, living or dead; without one, of the youngest.",
            "dom dmesg debian")
        {
            domain,
        };
        verb.SetAction(parsed =>
        {
            string? name = parsed.GetValue(domain);
            DomainEntry? entry = name is not null ? session.Registry.Find(name) : session.Registry.All() is [.., var last] ? last : null;
            if (entry is null)
            {
                throw new ProblemException("domain-unknown", "there is no domain yet, so no log");
            }

            if (!File.Exists(entry.Folder.HypervisorLog))
            {
                throw new ProblemException("log-missing", $"domain '{entry.Record.Name}' has no log at {entry.Folder.HypervisorLog}");
            }

            using FileStream log = new(entry.Folder.HypervisorLog, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using StreamReader reader = new(log);
            while (reader.ReadLine() is { } line)
            {
                session.Out.WriteLine(line);
            }

            return ExitCode.Success;
        });
        return verb;
    }
}
