// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Globalization;
using Domovoi.Contracts.Control;
using Domovoi.Toolstack.Configuration;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xl info</c> of the host; with a domain, everything its process counts.</summary>
internal static class InfoVerb
{
    internal static Command Build(Session session)
    {
        Argument<string?> domain = DomainArgument.Optional(session);
        Verb verb = new("info", "Show the host, or one domain and its counters.", "dom info", "dom info debian") { domain };
        verb.SetAction(parsed =>
        {
            IEnumerable<(string, string)> lines = parsed.GetValue(domain) is { } name ? OfDomain(session, name) : OfHost(session);
            foreach ((string key, string value) in lines)
            {
                session.Out.WriteLine($"{key,-23}: {value}");
            }

            return ExitCode.Success;
        });
        return verb;
    }

    private static IEnumerable<(string, string)> OfHost(Session session) =>
    [
        ("host", Environment.MachineName),
        ("release", FirstLine("/proc/sys/kernel/osrelease")),
        ("version", FirstLine("/proc/sys/kernel/version")),
        ("machine", "x86_64"),
        ("nr_cpus", Number(Environment.ProcessorCount)),
        ("total_memory", Number(HostMemory.TotalMiB())),
        ("xen_caps", "xen-3.0-x86_64"),
        ("domovoi_version", VersionVerb.Number),
        ("run_directory", session.RunDirectory.Path),
        ("nr_domains", Number(session.Registry.All().Count(e => e.IsAlive))),
    ];

    private static List<(string, string)> OfDomain(Session session, string name)
    {
        using ControlClient client = session.Connect(name);
        DomainStatus status = client.Status();
        List<(string, string)> lines =
        [
            ("name", status.Record.Name),
            ("domid", Number(status.Record.Id)),
            ("uuid", status.Record.Uuid.ToString()),
            ("state", status.Record.State.ToString()),
            ("process", Number(status.Record.ProcessId)),
            ("boots", Number(status.Record.Boots)),
            ("vcpus", Number(status.Record.Vcpus)),
            ("memory_kib", status.CurrentMemoryKiB.ToString(CultureInfo.InvariantCulture)),
            ("resident_kib", Number(status.ResidentKiB)),
            ("cpu_seconds", Seconds(status.CpuTimeNanoseconds)),
            ("uptime_seconds", Seconds(status.UptimeNanoseconds)),
        ];
        lines.AddRange(status.Counters.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => (c.Key, Number(c.Value))));
        return lines;
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Seconds(long nanoseconds) => (nanoseconds / 1e9).ToString("F3", CultureInfo.InvariantCulture);

    private static string FirstLine(string path) => File.Exists(path) ? File.ReadLines(path).FirstOrDefault() ?? "" : "";
}
