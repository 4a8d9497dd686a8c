// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Cli.Consoles;
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Registry;
using Domovoi.Linux;
using Domovoi.Toolstack.Configuration;
using Domovoi.Toolstack.Lifecycle;
using Domovoi.Toolstack.Provisioning;
using Domovoi.Toolstack.Registry;

namespace Domovoi.Cli.Verbs;

/// <summary>From nothing to a guest's shell: fetches Debian's kernel, makes a file system, boots both.</summary>
internal static class TryVerb
{
    private static readonly Argument<string[]> Words = new("command")
    {
        Description = "A command to run in the guest instead of a shell, after --.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<int> Memory = new("--memory", "-m")
    {
        Description = "The guest's memory in MiB.",
        HelpName = "MiB",
        DefaultValueFactory = _ => 512,
    };

    private static readonly Option<string?> Kernel = new("--kernel") { Description = "Another kernel than Debian's.", HelpName = "file" };
    private static readonly Option<string?> Busybox = new("--busybox") { Description = "Another static busybox than Debian's.", HelpName = "file" };
    private static readonly Option<string?> Extra = new("--extra") { Description = "More words for the kernel's command line.", HelpName = "words" };
    private static readonly Option<string[]> Disks = new("--disk")
    {
        Description = "A disk for the guest, as in a configuration file: /srv/a.img,raw,xvda,w. May be given several times.",
        HelpName = "spec",
    };

    private static readonly Option<string[]> Vifs = new("--vif")
    {
        Description = "A network interface, as in a configuration file: bridge=xenbr0,ip=10.0.0.5. May be given several times. Without, NAT.",
        HelpName = "spec",
    };

    private static readonly Option<bool> NoNetwork = new("--no-network") { Description = "No network interface." };
    private static readonly Option<string[]> Publish = PublishedPorts.NewOption();
    private static readonly Option<bool> Keep = new("--keep") { Description = "Let the guest go on when you leave its console." };

    internal static Command Build(Session session)
    {
        Verb verb = new(
            "try",
            "Boot Debian's kernel with a shell on this terminal. Ctrl-] leaves, poweroff ends.",
            "dom try",
            "dom try --memory 1024",
            "dom try -p 8080:80",
            "dom try -- uname -a")
        {
            Words, Memory, Kernel, Busybox, Extra, Disks, Vifs, NoNetwork, Publish, Keep,
        };
        verb.SetAction(parsed => Run(session, parsed));
        return verb;
    }

    private static int Run(Session session, ParseResult parsed)
    {
        string? command = parsed.GetValue(Words) is { Length: > 0 } words ? ShellWords.Join(words) : null;
        (string kernel, string initramfs) = Prepare(session, parsed);
        using LaunchedDomain domain = Launch(session, parsed, kernel, initramfs, command);
        if (command is null && Terminal.IsTerminal(0))
        {
            DomainRecord guest = domain.Entry.Record;
            session.Error.WriteLine($"Booting {guest.Name} with {guest.MemoryKiB >> 10} MiB. Ctrl-] leaves, `poweroff` ends the guest.");
        }

        return Show(session, domain, parsed.GetValue(Keep));
    }

    private static LaunchedDomain Launch(Session session, ParseResult parsed, string kernel, string initramfs, string? command)
    {
        GuestConfiguration guest = Describe(session, parsed, kernel, isCommand: command is not null);
        bool isPlain = command is null && guest.Disks.Count == 0 && guest.Vifs.Count == 0;
        string? combined = isPlain ? null : Combine(initramfs, command, guest);
        try
        {
            guest = guest with { Ramdisk = combined ?? initramfs };
            return new DomainLauncher(session.Registry, session.Networks()).Launch(guest, new LaunchOptions(StartPaused: true));
        }
        finally
        {
            if (command is not null && combined is not null)
            {
                File.Delete(combined);                       // that guest does not reboot
            }
        }
    }

    private static int Show(Session session, LaunchedDomain domain, bool keep)
    {
        ConsoleOutcome outcome;
        using (ConsoleViewer viewer = ConsoleViewer.Open(domain.Entry))
        {
            using (ControlClient client = DomainRegistry.Connect(domain.Entry))
            {
                client.Unpause();
            }

            if (keep)
            {
                domain.LetGo();
            }

            outcome = viewer.Run();
        }

        if (outcome.Ended is not null || keep)
        {
            return outcome.Report(session);
        }

        new DomainDestruction(session.Registry).Destroy(domain.Entry);
        session.Error.WriteLine();
        session.Error.WriteLine("Left the console; the guest is gone. (--keep would let it go on.)");
        return outcome.LeavingCode;
    }

    private static (string Kernel, string Initramfs) Prepare(Session session, ParseResult parsed)
    {
        string? kernel = parsed.GetValue(Kernel);
        if (parsed.GetValue(Busybox) is { } busybox)
        {
            string made = Path.Combine(CacheDirectory.Root(), "try-initramfs.gz");
            Directory.CreateDirectory(CacheDirectory.Root());
            using FileStream output = File.Create(made);
            InitramfsBuilder.Build(Path.GetFullPath(busybox), new InitramfsContents(), output);
            return (kernel is null ? Fetch(session, parsed, needsKernel: true).Kernel : Path.GetFullPath(kernel), made);
        }

        DebianGuest guest = Fetch(session, parsed, needsKernel: kernel is null);
        return (kernel is null ? guest.Kernel : Path.GetFullPath(kernel), guest.Initramfs);
    }

    private static DebianGuest Fetch(Session session, ParseResult parsed, bool needsKernel)
    {
        using StepProgress progress = new(session.Error);
        DebianGuest guest = new(CacheDirectory.Debian(), progress.Begin);
        guest.Prepare(needsKernel, needsModules: parsed.GetValue(Disks) is { Length: > 0 } || !parsed.GetValue(NoNetwork));
        return guest;
    }

    /// <summary>Modules are in an archive of their own: they are large, and a guest without disks needs few of them.</summary>
    private static string Combine(string initramfs, string? command, GuestConfiguration guest)
    {
        Directory.CreateDirectory(CacheDirectory.Root());
        RemoveOrphans();
        string path = Path.Combine(CacheDirectory.Root(), $"try-{Environment.ProcessId}.img");
        using FileStream output = File.Create(path);
        using (FileStream system = File.OpenRead(initramfs))
        {
            system.CopyTo(output);
        }

        string modules = new DebianGuest(CacheDirectory.Debian(), static _ => { }).Modules;
        bool hasDevices = guest.Disks.Count + guest.Vifs.Count > 0 && Directory.Exists(modules);
        InitramfsContents contents = hasDevices ? GuestModules.Contents(modules, withDisks: guest.Disks.Count > 0) : new InitramfsContents();
        InitramfsBuilder.Append(contents with { Command = command, AsksForAddress = guest.Vifs.Count > 0 }, output);
        output.Close();
        return command is null ? Share(path, initramfs, guest) : path;
    }

    /// <summary>A guest with a shell reads its ramdisk again when it reboots; guests of one kind share the file.</summary>
    private static string Share(string path, string initramfs, GuestConfiguration guest)
    {
        string devices = (guest.Disks.Count > 0 ? ".disks" : "") + (guest.Vifs.Count > 0 ? ".vifs" : "");
        string kept = Path.Combine(CacheDirectory.Root(), $"shell-{Path.GetFileNameWithoutExtension(initramfs)}{devices}.img");
        File.Move(path, kept, overwrite: true);
        return kept;
    }

    /// <summary>What commands left whose <c>dom</c> was killed in the moment before its guest had read it.</summary>
    private static void RemoveOrphans()
    {
        foreach (string path in Directory.EnumerateFiles(CacheDirectory.Root(), "try-*.img"))
        {
            if (!Directory.Exists($"/proc/{Path.GetFileNameWithoutExtension(path)["try-".Length..]}"))
            {
                File.Delete(path);
            }
        }
    }

    private static GuestConfiguration Describe(Session session, ParseResult parsed, string kernel, bool isCommand)
    {
        string extra = parsed.GetValue(Extra) is { } words ? " " + words : "";
        string quiet = isCommand ? " quiet loglevel=1" : "";
        SettingTable settings = new();
        ConfigurationParser.Parse($"memory={parsed.GetValue(Memory)}", "--memory", settings);
        ConfigurationParser.Parse($"name=\"try-{Environment.ProcessId}\"; on_crash=\"destroy\"", "dom try", settings);
        ConfigurationParser.Parse($"on_reboot=\"{(isCommand ? "destroy" : "restart")}\"", "dom try", settings);
        ConfigurationParser.Parse($"kernel={Quoting.Text(kernel)}", "dom try", settings);
        ConfigurationParser.Parse($"cmdline={Quoting.Text("console=hvc0" + quiet + extra)}", "dom try", settings);
        string disks = string.Join(", ", (parsed.GetValue(Disks) ?? []).Select(Quoting.Text));
        ConfigurationParser.Parse($"disk=[{disks}]", "--disk", settings);
        string vifs = string.Join(", ", Interfaces(session, parsed).Select(Quoting.Text));
        ConfigurationParser.Parse($"vif=[{vifs}]", "--vif", settings);
        return PublishedPorts.Apply(GuestConfigurationReader.Read(settings, "dom try"), parsed.GetValue(Publish) ?? []);
    }

    /// <summary>NAT where nothing was asked for and the host has what it takes.</summary>
    private static string[] Interfaces(Session session, ParseResult parsed)
    {
        if (parsed.GetValue(Vifs) is { Length: > 0 } given)
        {
            return given;
        }

        if (parsed.GetValue(NoNetwork))
        {
            return [];
        }

        if (SlirpLibrary.IsInstalled)
        {
            return ["bridge=nat"];
        }

        session.Error.WriteLine($"The guest has no network: {SlirpLibrary.FileName} is not installed (Debian: apt install libslirp0).");
        return [];
    }
}
