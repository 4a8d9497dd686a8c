// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Text.Json;
using Domovoi.Cli.Host;
using Domovoi.Toolstack.Host;

namespace Domovoi.Cli.Verbs;

/// <summary><c>dom host check</c> and <c>dom host setup</c>: what this machine can do for guests, and making it ready for them.</summary>
internal static class HostVerb
{
    private static readonly Option<bool> Json = new("--json", "-j") { Description = "As JSON." };
    private static readonly Option<bool> DryRun = new("--dry-run", "-n") { Description = "Only show what would be done." };
    private static readonly Option<bool> Undo = new("--undo") { Description = "Take back what setup has changed." };
    private static readonly Option<string> Bridge = new("--bridge") { Description = "The bridge for guests.", HelpName = "name", DefaultValueFactory = _ => "xenbr0" };
    private static readonly Option<string?> Port = new("--netdev") { Description = "Put this interface on the bridge. What it carries stops until the bridge has its address.", HelpName = "eth1" };
    private static readonly Option<string> Root = new("--root") { Description = "Change the files of a system that is not running.", HelpName = "folder", DefaultValueFactory = _ => "/" };

    internal static Command Build(Session session)
    {
        Verb check = new("check", "Say what works on this machine, and why not.", "dom host check") { Json };
        check.SetAction(parsed => Check(session, parsed.GetValue(Json)));
        Verb setup = new(
            "setup",
            "Make this machine ready for bridged guests: bridge, sysctls, and the guard of its boot menu.",
            "dom host setup --dry-run",
            "dom host setup --bridge xenbr0 --netdev eth1",
            "dom host setup --undo")
        {
            DryRun, Undo, Bridge, Port, Root,
        };
        setup.SetAction(parsed => Setup(session, parsed));
        return new Verb("host", "Check this machine, and make it ready for guests.") { check, setup };
    }

    private static int Check(Session session, bool json)
    {
        IReadOnlyList<HostAbility> abilities = HostCheck.Run();
        if (json)
        {
            session.Out.WriteLine(JsonSerializer.Serialize([.. abilities], AbilityJson.Default.HostAbilityArray));
            return ExitCode.Success;
        }

        foreach (HostAbility ability in abilities)
        {
            session.Out.WriteLine($"{(ability.Works ? "yes" : "no "),-4} {ability.Name,-16} {ability.Detail}");
            if (!ability.Works)
            {
                session.Out.WriteLine($"{"",-21} for: {ability.Purpose}");
                if (ability.Remedy is { } remedy)
                {
                    session.Out.WriteLine($"{"",-21} do:  {remedy}");
                }
            }
        }

        return ExitCode.Success;
    }

    private static int Setup(Session session, ParseResult parsed)
    {
        HostSettings settings = new(parsed.GetValue(Bridge)!, parsed.GetValue(Port), Path.GetFullPath(parsed.GetValue(Root)!));
        HostSetup setup = new(settings, parsed.GetValue(DryRun), session.Out.WriteLine);
        if ((parsed.GetValue(Undo) ? setup.Undo() : setup.Apply()) == 0)
        {
            session.Out.WriteLine(parsed.GetValue(Undo) ? "nothing to take back" : "everything is as it should be");
        }

        return ExitCode.Success;
    }
}
