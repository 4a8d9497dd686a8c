// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Contracts.Control;

namespace Domovoi.Cli.Verbs;

/// <summary>For those who look into the engine.</summary>
internal static class DebugVerb
{
    internal static Command Build(Session session)
    {
        Argument<string> domain = DomainArgument.Required(session);
        Verb map = new(
            "perf-map",
            "Write /tmp/perf-PID.map of the translated code as it is now, so that `perf report` names blocks by mode and guest address.",
            "perf record -g -p $(pgrep -f domovoi-vm) -- sleep 10; dom debug perf-map debian; perf report")
        {
            domain,
        };
        map.SetAction(parsed =>
        {
            using ControlClient client = session.Connect(parsed.GetValue(domain)!);
            session.Out.WriteLine(client.PerfMap());
            return ExitCode.Success;
        });
        return new Verb("debug", "Look into a domain's engine.", "dom debug perf-map debian") { map };
    }
}
