// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Security.Cryptography;
using Domovoi.Contracts;
using Domovoi.Toolstack.Images;

namespace Domovoi.Cli.Verbs;

/// <summary><c>dom image build debian:bookworm disk.img</c>: a disk to boot, log in to, and install into.</summary>
internal static class ImageBuildVerb
{
    private const string DefaultRelease = "bookworm";
    private const string PasswordLetters = "abcdefghjkmnpqrstuvwxyz23456789";

    private static readonly Argument<string> System = new("system") { Description = "debian, or debian:RELEASE." };
    private static readonly Argument<string> Output = new("out") { Description = "The disk to make." };
    private static readonly Option<string?> Release = new("--release") { Description = "The release by its name, such as trixie or sid.", HelpName = "name" };
    private static readonly Option<string[]> Package = new("--package") { Description = "More packages; may be repeated, or separated by commas.", HelpName = "name" };
    private static readonly Option<string> Size = new("--size") { Description = "Of the disk; what is unused takes no space.", HelpName = "8G", DefaultValueFactory = _ => "8G" };
    private static readonly Option<string[]> Key = new("--ssh-key") { Description = "A public key that may log in as root; yours in ~/.ssh if left out.", HelpName = "file" };
    private static readonly Option<string?> Password = new("--password") { Description = "Root's password, also over ssh; - reads it from standard input.", HelpName = "word" };
    private static readonly Option<string?> Mirror = new("--mirror") { Description = "Another mirror than those of this machine's apt.", HelpName = "url" };
    private static readonly Option<string> HostName = new("--hostname") { Description = "The guest's name for itself.", HelpName = "name", DefaultValueFactory = _ => "debian" };
    private static readonly Option<string> Init = new("--init") { Description = "systemd or sysvinit.", HelpName = "name", DefaultValueFactory = _ => "systemd" };
    private static readonly Option<string?> Tool = new("--tool") { Description = "mmdebstrap or debootstrap; whichever is there if left out.", HelpName = "name" };
    private static readonly Option<bool> Force = new("--force") { Description = "Replace the file if it is there." };

    internal static Command Build(Session session)
    {
        Init.AcceptOnlyFromAmong("systemd", "sysvinit");
        Tool.AcceptOnlyFromAmong("mmdebstrap", "debootstrap");
        Verb verb = new(
            "build",
            "Make a bootable Debian disk from Debian's mirror.",
            "dom image build debian:bookworm disk.img",
            "dom image build debian --release trixie --package vim,tmux --size 20G disk.img",
            "dom image build debian:bookworm --ssh-key ~/.ssh/id_ed25519.pub disk.img")
        {
            System, Output, Release, Package, Size, Key, Password, Mirror, HostName, Init, Tool, Force,
        };
        verb.SetAction(parsed => Run(session, parsed));
        return verb;
    }

    private static int Run(Session session, ParseResult parsed)
    {
        string[] keys = ReadKeys(parsed);
        string? password = ReadPassword(parsed);
        bool isMade = password is null && keys.Length == 0;
        password ??= isMade ? MakePassword() : null;
        DebianImageRequest request = new()
        {
            Release = ReadRelease(parsed),
            Output = parsed.GetValue(Output)!,
            Size = DiskSize.Parse(parsed.GetValue(Size)!, 1L << 30, 1L << 44),
            Packages = [.. (parsed.GetValue(Package) ?? []).SelectMany(names => names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Select(CheckName)],
            AuthorizedKeys = keys,
            Password = password,
            PasswordLogin = password is not null,
            Mirror = parsed.GetValue(Mirror),
            HostName = CheckHostName(parsed.GetValue(HostName)!),
            UsesSysvinit = parsed.GetValue(Init) == "sysvinit",
            Tool = parsed.GetValue(Tool),
            Overwrite = parsed.GetValue(Force),
        };
        using (StepProgress progress = new(session.Error))
        {
            new DebianImageBuilder(request, progress.Begin).Build();
        }

        Tell(session, request, keys.Length, isMade);
        return ExitCode.Success;
    }

    private static void Tell(Session session, DebianImageRequest request, int keys, bool isMade)
    {
        session.Out.WriteLine($"{request.Output}: Debian {request.Release}, {DiskSize.Describe(request.Size)}");
        session.Out.WriteLine(isMade ? $"root's password, also over ssh: {request.Password}"
            : request.Password is not null ? "root logs in with the password you gave, also over ssh"
            : $"root logs in over ssh with {(keys == 1 ? "your key" : $"your {keys} keys")}, and on the console without a password");
    }

    private static string ReadRelease(ParseResult parsed)
    {
        string[] words = parsed.GetValue(System)!.Split(':');
        if (words is not (["debian"] or ["debian", { Length: > 0 }]))
        {
            throw new ProblemException("image-system", $"\"{parsed.GetValue(System)}\" cannot be built", "write debian:RELEASE, such as debian:bookworm");
        }

        string? option = parsed.GetValue(Release);
        if (option is not null && words.Length == 2 && words[1] != option)
        {
            throw new ProblemException("usage", $"two releases are asked for: {words[1]} and {option}", "leave one out");
        }

        string release = option ?? (words.Length == 2 ? words[1] : DefaultRelease);
        return release.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
            ? release
            : throw new ProblemException("usage", $"\"{release}\" is no name of a Debian release", "write it like bookworm");
    }

    private static string CheckName(string package) =>
        package.Length > 1 && char.IsAsciiLetterOrDigit(package[0]) && package.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '+' or '-' or '.')
            ? package
            : throw new ProblemException("usage", $"\"{package}\" is no name of a Debian package", "names are lower-case letters, digits, + - .");

    private static string CheckHostName(string name) =>
        name.Length is > 0 and < 64 && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.')
            ? name
            : throw new ProblemException("usage", $"\"{name}\" is no host name", "letters, digits and hyphens, at most 63");

    private static string[] ReadKeys(ParseResult parsed)
    {
        string[] files = parsed.GetValue(Key) ?? [];
        if (files.Length == 0 && parsed.GetValue(Password) is null)
        {
            string home = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".ssh");
            files = Directory.Exists(home) ? [.. Directory.GetFiles(home, "id_*.pub").Order(StringComparer.Ordinal)] : [];
        }

        return [.. files.SelectMany(ReadKeyFile)];
    }

    private static IEnumerable<string> ReadKeyFile(string file)
    {
        string[] lines = [.. File.ReadAllLines(file).Select(line => line.Trim()).Where(line => line.Length > 0 && !line.StartsWith('#'))];
        bool isPrivate = lines.Any(line => line.Contains("PRIVATE KEY", StringComparison.Ordinal));
        bool isPublic = lines.Length > 0 && lines.All(line =>
            line.Contains("ssh-", StringComparison.Ordinal) || line.Contains("ecdsa-", StringComparison.Ordinal) || line.Contains("sk-", StringComparison.Ordinal));
        return isPublic && !isPrivate ? lines : throw new ProblemException(
            "ssh-key", isPrivate ? $"{file} is a private key" : $"{file} is no public ssh key", "give the file that ends in .pub; `ssh-keygen` makes a pair");
    }

    private static string? ReadPassword(ParseResult parsed)
    {
        string? word = parsed.GetValue(Password) is "-" ? Console.In.ReadLine() ?? "" : parsed.GetValue(Password);
        return word is null || (word.Length > 0 && !word.Any(char.IsControl))
            ? word
            : throw new ProblemException("usage", "the password is empty, or contains a control character");
    }

    private static string MakePassword() => string.Join('-', Enumerable.Range(0, 3).Select(_ => RandomNumberGenerator.GetString(PasswordLetters, 5)));
}
