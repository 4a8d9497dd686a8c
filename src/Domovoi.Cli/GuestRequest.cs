// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.Toolstack.Lifecycle;
using Domovoi.Toolstack.Registry;

namespace Domovoi.Cli;

/// <summary>What shutdown and reboot share: they ask the guest, which may refuse.</summary>
internal static class GuestRequest
{
    internal static Command Build(Session session, Verb verb, string reason)
    {
        Argument<string?> domain = DomainArgument.Optional(session);
        Option<bool> all = new("--all", "-a") { Description = "Ask every domain." };
        Option<bool> wait = new("--wait", "-w") { Description = "Wait until it has happened." };
        Option<bool> fallback = new("-F") { Description = "Accepted for xl's sake; PV guests have no ACPI." };
        verb.Add(domain);
        verb.Add(all);
        verb.Add(wait);
        verb.Add(fallback);
        verb.SetAction(parsed =>
        {
            string? name = parsed.GetValue(domain);
            if (name is null && !parsed.GetValue(all))
            {
                throw new ProblemException("usage", "You must specify -a or a domain id.");
            }

            DomainEntry[] entries = name is null ? [.. session.Registry.All().Where(e => e.IsAlive)] : [session.Registry.Living(name)];
            return Ask(session, entries, reason, parsed.GetValue(wait));
        });
        return verb;
    }

    private static int Ask(Session session, DomainEntry[] entries, string reason, bool wait)
    {
        int code = ExitCode.Success;
        List<(DomainEntry Entry, int Boots)> taken = [];
        foreach (DomainEntry entry in entries)
        {
            using ControlClient client = DomainRegistry.Connect(entry);
            int boots = client.Status().Record.Boots;
            if (client.Shutdown(new ShutdownRequest(reason)).Acknowledged)
            {
                taken.Add((entry, boots));
                continue;
            }

            session.Fail(new Problem(
                "guest-deaf", $"domain '{entry.Record.Name}' does not react to {reason} requests", Hint: "`dom destroy` ends it without asking"));
            code = ExitCode.Failure;
        }

        foreach ((DomainEntry entry, int boots) in wait ? taken : [])
        {
            Wait(entry, boots);
        }

        return code;
    }

    /// <summary>Returns when the domain has ended or begun another boot.</summary>
    private static void Wait(DomainEntry entry, int boots)
    {
        Task<DomainEntry> end = DomainEnding.Watch(entry);
        while (!end.Wait(TimeSpan.FromMilliseconds(200)))
        {
            using ControlClient? client = ControlClient.TryConnect(entry.Folder);
            if (client?.Status().Record.Boots > boots)
            {
                return;
            }
        }
    }
}
