// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Contracts;
using Domovoi.Toolstack.Provisioning;

namespace Domovoi.Cli.Verbs;

/// <summary>Makes guest images: Debian disks, and an initramfs around busybox.</summary>
internal static class ImageVerb
{
    private static readonly Argument<string> Target = new("out") { Description = "The file to write." };
    private static readonly Option<string[]> Files = new("--file") { Description = "A file or folder to add, as SOURCE:TARGET.", HelpName = "src:dst" };
    private static readonly Option<string?> Init = new("--init") { Description = "A file that becomes /init.", HelpName = "file" };
    private static readonly Option<string?> Command = new("--run") { Description = "A shell command to run instead of a shell; then the guest powers off.", HelpName = "command" };
    private static readonly Option<string?> Busybox = new("--busybox") { Description = "A static busybox; Debian's if left out.", HelpName = "file" };

    private static readonly Option<bool> Modules = new("--modules")
    {
        Description = "Add Debian's drivers for disks and networks, and load them.",
    };

    private static readonly Option<bool> Refresh = new("--refresh") { Description = "Fetch again, even if they are there." };

    internal static Command Build(Session session)
    {
        Verb initramfs = new(
            "initramfs",
            "Make a small file system with a shell.",
            "dom image initramfs guest.gz",
            "dom image initramfs --file ./bench:/bin/bench --run /bin/bench bench.gz")
        {
            Target, Files, Init, Command, Busybox, Modules,
        };
        initramfs.SetAction(parsed => BuildInitramfs(session, parsed));
        Verb fetch = new("fetch", "Fetch Debian's kernel and busybox into the cache, and say where they are.", "dom image fetch")
        {
            Refresh,
        };
        fetch.SetAction(parsed => Fetch(session, parsed.GetValue(Refresh)));
        return new Verb("image", "Make guest images.") { ImageBuildVerb.Build(session), ImageInstallerVerb.Build(session), initramfs, fetch };
    }

    private static int BuildInitramfs(Session session, ParseResult parsed)
    {
        InitramfsContents modules = parsed.GetValue(Modules) ? GuestModules.Contents(FetchedModules(session)) : new InitramfsContents();
        InitramfsContents contents = modules with
        {
            Init = parsed.GetValue(Init) is { } init ? File.ReadAllText(init) : null,
            Command = parsed.GetValue(Command),
            Files = [.. modules.Files, .. (parsed.GetValue(Files) ?? []).Select(Split)],
        };
        string busybox = parsed.GetValue(Busybox) ?? FetchedBusybox(session);
        using FileStream output = File.Create(parsed.GetValue(Target)!);
        InitramfsBuilder.Build(Path.GetFullPath(busybox), contents, output);
        return ExitCode.Success;
    }

    private static int Fetch(Session session, bool refresh)
    {
        DebianGuest guest;
        using (StepProgress progress = new(session.Error))
        {
            guest = new DebianGuest(CacheDirectory.Debian(), progress.Begin);
            if (refresh && Directory.Exists(CacheDirectory.Debian()))
            {
                guest.Forget();
            }

            guest.Prepare();
        }

        session.Out.WriteLine($"kernel={guest.Kernel}\nbusybox={guest.Busybox}\ninitramfs={guest.Initramfs}");
        return ExitCode.Success;
    }

    private static string FetchedModules(Session session)
    {
        using StepProgress progress = new(session.Error);
        DebianGuest guest = new(CacheDirectory.Debian(), progress.Begin);
        guest.Prepare(needsModules: true);
        return guest.Modules;
    }

    private static string FetchedBusybox(Session session)
    {
        using StepProgress progress = new(session.Error);
        DebianGuest guest = new(CacheDirectory.Debian(), progress.Begin);
        guest.Prepare(needsKernel: false);
        return guest.Busybox;
    }

    private static (string Source, string Target) Split(string word)
    {
        int colon = word.LastIndexOf(':');
        return colon > 0 && colon < word.Length - 1
            ? (Path.GetFullPath(word[..colon]), word[(colon + 1)..])
            : throw new ProblemException("usage", $"--file {word}: expected SOURCE:TARGET");
    }
}
