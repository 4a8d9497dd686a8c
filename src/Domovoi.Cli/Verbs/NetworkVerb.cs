// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Linux;
using Domovoi.Toolstack.Networks;

namespace Domovoi.Cli.Verbs;

/// <summary><c>dom network status|start|stop</c>: what xend's settings ask of the host's network.</summary>
internal static class NetworkVerb
{
    private const string StateFile = "network.json";
    private const string LockFile = "network.lock";

    internal static Option<string?> NewSettingsOption() => new("--network-config")
    {
        Description = $"xend's settings; {XendSettingsReader.DefaultFile} if left out and there.",
        HelpName = "file",
    };

    internal static Command Build(Session session)
    {
        Option<bool> force = new("--force") { Description = "Even if guests are on the bridge." };
        return new Verb("network", "Show or do what xend's network settings ask of this host.", "dom network status", "dom network start")
        {
            Part(session, "status", "Show the settings, and what is.", null, static (bridge, _) => bridge.Status()),
            Part(session, "start", "Make the bridge that the settings ask for.", null, static (bridge, _) => bridge.Start()),
            Part(session, "stop", "Put the host back as it was.", force, static (bridge, forced) => bridge.Stop(forced)),
        };
    }

    private static Verb Part(
        Session session, string name, string description, Option<bool>? force, Func<HostBridge, bool, IReadOnlyList<string>> work)
    {
        Option<string?> settings = NewSettingsOption();
        Verb verb = new(name, description, $"dom network {name}") { settings };
        if (force is not null)
        {
            verb.Add(force);
        }

        verb.SetAction(parsed =>
        {
            // What was started is written down: settings that have become wrong since must not keep anybody from stopping it.
            XendSettings read = name == "stop" ? new XendSettings() : XendSettingsReader.Load(parsed.GetValue(settings));
            Directory.CreateDirectory(session.RunDirectory.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            using FileLock gate = FileLock.Take(Path.Combine(session.RunDirectory.Path, LockFile));
            HostBridge bridge = new(read, Path.Combine(session.RunDirectory.Path, StateFile));
            foreach (string line in work(bridge, force is not null && parsed.GetValue(force)))
            {
                session.Out.WriteLine(line);
            }

            return ExitCode.Success;
        });
        return verb;
    }
}
