// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Toolstack.Provisioning;

namespace Domovoi.Toolstack.Images;

/// <summary>Where Debian comes from: the mirrors that this machine's apt names, or the one given, through apt's own proxy settings.</summary>
internal sealed class DebianMirrors
{
    private const string Main = "http://deb.debian.org/debian";
    private const string Security = "http://deb.debian.org/debian-security";

    private static readonly string[] s_keyrings =
        ["/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp"];

    private readonly string _folder;
    private readonly string _main;
    private readonly string? _security;

    /// <param name="chosen">The person's mirror; null: the machine's.</param>
    /// <param name="folder">For what is fetched on trial.</param>
    internal DebianMirrors(string? chosen, string folder)
    {
        _folder = folder;
        if (chosen is not null)
        {
            _main = chosen.TrimEnd('/');
            _security = _main.EndsWith("/debian", StringComparison.Ordinal) ? _main + "-security" : null;
            return;
        }

        string[] known = KnownToApt();
        _main = known.FirstOrDefault(uri => uri.EndsWith("/debian", StringComparison.Ordinal)) ?? Main;
        _security = known.FirstOrDefault(uri => uri.EndsWith("/debian-security", StringComparison.Ordinal)) ?? Security;
    }

    /// <summary>The one that debootstrap uses.</summary>
    internal string Primary => _main;

    /// <summary>The file of the keys that sign Debian's releases.</summary>
    internal static string Keyring() => s_keyrings.FirstOrDefault(File.Exists) ?? throw new ProblemException(
        "keyring-missing", "Debian's keys are not on this machine, so that its packages cannot be told from forged ones",
        "install them: apt-get install debian-archive-keyring");

    /// <summary>The lines of a guest's <c>sources.list</c>: the release, and its updates as far as the mirrors have them.</summary>
    /// <exception cref="ProblemException">The mirror does not answer, or has no such release.</exception>
    internal IReadOnlyList<string> SourcesFor(string release)
    {
        if (!Has(_main, release, out string complaint))
        {
            throw new ProblemException(
                "mirror", $"the mirror {_main} gives no Debian release \"{release}\": {complaint}",
                "check the name (bookworm, trixie, sid …) and the network; --mirror=URL names another mirror, http://archive.debian.org/debian has the old releases");
        }

        List<string> lines = [$"deb {_main} {release} main"];
        if (Has(_main, release + "-updates", out _))
        {
            lines.Add($"deb {_main} {release}-updates main");
        }

        foreach (string suite in (string[])[release + "-security", release + "/updates"])
        {
            if (_security is not null && Has(_security, suite, out _))
            {
                lines.Add($"deb {_security} {suite} main");
                break;
            }
        }

        return lines;
    }

    /// <summary>apt's settings for fetching, as this machine has them: proxies, certificates, retries.</summary>
    internal static IReadOnlyList<string> AptOptions() => HostPrograms.Find("apt-config") is { } program
        ? [.. HostTool.Run(program, ["dump"], "/").Output.Split('\n').Where(IsForFetching)]
        : [];

    private static bool IsForFetching(string line) =>
        (line.StartsWith("Acquire::http", StringComparison.Ordinal) || line.StartsWith("Acquire::https", StringComparison.Ordinal)
            || line.StartsWith("Acquire::Retries", StringComparison.Ordinal) || line.StartsWith("Acquire::ForceIPv", StringComparison.Ordinal))
        && !line.Contains(" \"\";", StringComparison.Ordinal) && line.EndsWith(';');

    private static string[] KnownToApt() => HostPrograms.Find("apt-get") is { } program
        ? [.. HostTool.Run(program, ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"], "/").Output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(uri => uri.Trim().TrimEnd('/')).Where(IsRemote).Distinct()]
        : [];

    private static bool IsRemote(string uri) =>
        uri.StartsWith("http://", StringComparison.Ordinal) || uri.StartsWith("https://", StringComparison.Ordinal);

    /// <summary>Fetches the release's description with apt's own downloader, which knows the machine's proxies.</summary>
    private bool Has(string mirror, string suite, out string complaint)
    {
        const string Downloader = "/usr/lib/apt/apt-helper";
        string target = Path.Combine(_folder, "Release");
        string uri = $"{mirror}/dists/{suite}/Release";
        (int code, _, string errors) = File.Exists(Downloader)
            ? HostTool.Run(Downloader, ["download-file", uri, target], _folder)
            : HostTool.Run(HostPrograms.Require("wget", "wget", "fetches Debian's packages"), ["-q", "-O", target, uri], _folder);
        complaint = errors.Split('\n').FirstOrDefault(line => line.StartsWith("E: ", StringComparison.Ordinal)) ?? errors.Trim();
        File.Delete(target);
        return code == 0;
    }
}
