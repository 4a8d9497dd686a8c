// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Globalization;
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.Toolstack.Host;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xl vcpu-set</c>: says in the guest's store which vCPUs it may use; the guest brings them up and down.</summary>
internal static class VcpuSetVerb
{
    internal static Command Build(Session session)
    {
        Argument<string> domain = DomainArgument.Required(session);
        Argument<string> count = new("vcpus") { Description = "How many, from vCPU 0 on; at most maxvcpus." };
        Option<bool> ignoreHost = new("--ignore-host", "-i") { Description = "Allow more than the host has processors." };
        Verb verb = new("vcpu-set", "Set how many vCPUs a domain uses.", "dom vcpu-set debian 2") { domain, count, ignoreHost };
        verb.SetAction(parsed =>
        {
            using ControlClient client = session.Connect(parsed.GetValue(domain)!);
            Set(client, ReadCount(parsed.GetValue(count)!), parsed.GetValue(ignoreHost));
            return ExitCode.Success;
        });
        return verb;
    }

    private static void Set(ControlClient client, int wanted, bool ignoreHost)
    {
        DomainStatus status = client.Status();
        int most = status.Vcpus.Count;
        if (most == 0)
        {
            throw new ProblemException("domain-not-booted", $"domain '{status.Record.Name}' is between two boots, and has no vCPUs yet");
        }

        int processors = HostProcessors.Read().Online.Count;
        if (wanted > status.Vcpus.Count(static v => v.IsOnline) && wanted > processors && !ignoreHost)
        {
            throw new ProblemException(
                "vcpus-overcommitted",
                $"this host has {processors} processors, and {wanted} vCPUs were asked for",
                "--ignore-host does it all the same");
        }

        if (wanted > most)
        {
            throw new ProblemException(
                "too-many-vcpus",
                $"{wanted} vCPUs were asked for, but domain '{status.Record.Name}' has at most {most}",
                "maxvcpus= in its configuration says how many it can have");
        }

        for (int vcpu = 0; vcpu < most; vcpu++)
        {
            client.StoreWrite(string.Create(CultureInfo.InvariantCulture, $"cpu/{vcpu}/availability"), vcpu < wanted ? "online" : "offline");
        }
    }

    private static int ReadCount(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0
            ? count
            : throw new ProblemException("bad-vcpu-count", $"a number of vCPUs was expected, 1 or more, found \"{text}\"");
}
