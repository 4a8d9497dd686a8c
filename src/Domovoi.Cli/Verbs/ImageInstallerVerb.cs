// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Contracts;
using Domovoi.Toolstack.Images;

namespace Domovoi.Cli.Verbs;

/// <summary><c>dom image installer FOLDER</c>: Debian's own installer, to boot as a guest's kernel and ramdisk.</summary>
internal static class ImageInstallerVerb
{
    private static readonly Argument<string> Folder = new("folder") { Description = "Where linux and initrd.gz are to be." };

    private static readonly Option<string> Release = new("--release")
    {
        Description = "The release by its name, such as trixie.", HelpName = "name", DefaultValueFactory = _ => "bookworm",
    };

    private static readonly Option<string?> Preseed = new("--preseed")
    {
        Description = "Answers to the installer's questions: it finds them as /preseed.cfg.", HelpName = "file",
    };

    private static readonly Option<string?> Mirror = new("--mirror") { Description = "Another mirror than those of this machine's apt.", HelpName = "url" };

    internal static Command Build(Session session)
    {
        Verb verb = new(
            "installer",
            "Fetch Debian's own installer: a kernel and a ramdisk for a guest.",
            "dom image installer installer/",
            "dom image installer --release trixie --preseed answers.cfg installer/")
        {
            Folder, Release, Preseed, Mirror,
        };
        verb.SetAction(parsed => Run(session, parsed));
        return verb;
    }

    private static int Run(Session session, ParseResult parsed)
    {
        string folder = Path.GetFullPath(parsed.GetValue(Folder)!);
        string? preseed = parsed.GetValue(Preseed);
        if (preseed is not null && !File.Exists(preseed))
        {
            throw new ProblemException("usage", $"--preseed {preseed}: there is no such file");
        }

        string release = parsed.GetValue(Release)!;
        if (release.Length == 0 || !release.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
        {
            throw new ProblemException("usage", $"\"{release}\" is no name of a Debian release", "write it like bookworm");
        }

        using (StepProgress progress = new(session.Error))
        {
            new DebianInstaller(release, parsed.GetValue(Mirror), progress.Begin).WriteTo(folder, preseed);
        }

        session.Out.WriteLine($"kernel={Path.Combine(folder, "linux")}\nramdisk={Path.Combine(folder, "initrd.gz")}");
        return ExitCode.Success;
    }
}
