// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Cli.Consoles;
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.Toolstack.Configuration;
using Domovoi.Toolstack.Lifecycle;
using Domovoi.Toolstack.Registry;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xl create</c></summary>
internal static class CreateVerb
{
    private static readonly Argument<string[]> Words = new("config")
    {
        HelpName = "config [key=value...]",
        Description = "The configuration file, then settings that win over the file's, in the file's own grammar.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<bool> Console = new("-c") { Description = "Attach the console once the domain is created." };
    private static readonly Option<bool> Paused = new("-p") { Description = "Leave the domain paused." };
    private static readonly Option<bool> Quiet = new("--quiet", "-q") { Description = "Do not show warnings." };
    private static readonly Option<bool> DryRun = new("--dryrun", "-n") { Description = "Check the configuration, and show what would be made." };
    private static readonly Option<bool> Foreground = new("-F") { Description = "Wait until the domain has ended." };
    private static readonly Option<bool> Debug = new("-d") { Description = "Write debugging detail to the domain's log." };
    private static readonly Option<bool> ForPerf = new("--perf-map") { Description = "Leave /tmp/perf-PID.map at the guest's end, so that perf names its code; `dom debug perf-map` writes one at once." };
    private static readonly Option<bool> NoMonitor = new("-e") { Description = "Accepted for xl's sake; Domovoi needs no monitor." };
    private static readonly Option<string[]> Publish = PublishedPorts.NewOption();
    private static readonly Option<string?> NetworkConfig = NetworkVerb.NewSettingsOption();
    private static readonly Option<string?> File = new("--defconfig", "-f") { Description = "The configuration file.", HelpName = "file" };

    private static readonly Option<string?> Entry = new("--entry") { Description = "An entry of the guest's own boot menu: its number, title or id; 1>2 is in a submenu. Implies bootloader=\"pygrub\".", HelpName = "entry" };

    internal static Command Build(Session session)
    {
        Verb verb = new(
            "create",
            "Create a domain from a configuration file as written for Xen.",
            "dom create guest.cfg",
            "dom create -c guest.cfg memory=1024",
            "dom create guest.cfg -p 2222:22",
            "dom create guest.cfg 'name=\"second\"' 'extra+=\" quiet\"'")
        {
            Words, Console, Paused, Quiet, DryRun, Foreground, Debug, ForPerf, NoMonitor, Publish, NetworkConfig, File, Entry,
        };
        verb.SetAction(parsed => Run(session, parsed));
        return verb;
    }

    private static int Run(Session session, ParseResult parsed)
    {
        string[] words = parsed.GetValue(Words) ?? [];
        string[] overrides = [.. words.Where(IsSetting), .. Chosen(parsed.GetValue(Entry))];
        string[] files = [.. words.Where(w => !IsSetting(w)), .. parsed.GetValue(File) is { } given ? new[] { given } : []];
        if (files.Length != 1)
        {
            session.Fail(new Problem(
                "usage", files.Length == 0 ? "the configuration file is missing" : "more than one configuration file", Hint: "`dom create --help` shows how"));
            return ExitCode.Usage;
        }

        GuestConfiguration read = Load(files[0], overrides, parsed.GetValue(Quiet) ? static _ => { } : session.Warn);
        GuestConfiguration guest = PublishedPorts.Apply(read, parsed.GetValue(Publish) ?? []);
        if (parsed.GetValue(DryRun))
        {
            GuestReport.Write(session.Out, guest);
            return ExitCode.Success;
        }

        bool console = parsed.GetValue(Console);
        bool paused = parsed.GetValue(Paused);
        LaunchOptions options = new(StartPaused: paused || console, Verbose: parsed.GetValue(Debug), PerfMap: parsed.GetValue(ForPerf));
        using LaunchedDomain domain = new DomainLauncher(session.Registry, session.Networks(parsed.GetValue(NetworkConfig))).Launch(guest, options);
        if (console)
        {
            return Attach(session, domain, paused);
        }

        domain.LetGo();
        return parsed.GetValue(Foreground)
            ? new ConsoleOutcome(domain.Entry, DomainEnding.Wait(domain.Entry), Signal: 0).Report(session)
            : ExitCode.Success;
    }

    /// <summary>The warnings are told whether or not the rest is right: a misspelt name may be why something is missing.</summary>
    private static GuestConfiguration Load(string file, string[] overrides, Action<Problem> warn)
    {
        try
        {
            GuestConfiguration guest = GuestConfigurationReader.Load(file, overrides);
            guest.Warnings.ToList().ForEach(warn);
            return guest;
        }
        catch (ProblemException e)
        {
            e.Warnings.ToList().ForEach(warn);
            throw;
        }
    }

    /// <summary>The viewer is there before the guest's first instruction, so that it sees everything.</summary>
    private static int Attach(Session session, LaunchedDomain domain, bool staysPaused)
    {
        using ConsoleViewer viewer = ConsoleViewer.Open(domain.Entry);
        if (!staysPaused)
        {
            using ControlClient client = DomainRegistry.Connect(domain.Entry);
            client.Unpause();
        }

        domain.LetGo();
        return viewer.Run().Report(session);
    }

    private static string[] Chosen(string? entry) =>
        entry is null ? [] : ["bootloader=\"pygrub\"", $"bootloader_args=[{Quoting.Text($"--entry={entry}")}]"];

    private static bool IsSetting(string word) => word.Contains('=', StringComparison.Ordinal);
}
