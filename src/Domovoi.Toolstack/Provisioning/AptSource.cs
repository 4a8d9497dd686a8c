// SPDX-License-Identifier: MIT
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Provisioning;

/// <summary>Fetches packages from the mirrors this machine is configured for, or from others, as an ordinary user.</summary>
/// <remarks>
/// apt reads the machine's keys, and its sources unless others are given; its lists and archives are kept in a directory of ours.
/// Signatures are checked as for any package.
/// </remarks>
/// <param name="directory">Where the lists and what was fetched are kept.</param>
/// <param name="sources">Lines of a <c>sources.list</c>; null for the machine's own.</param>
internal sealed class AptSource(string directory, IReadOnlyList<string>? sources = null)
{
    private string State => Path.Combine(directory, "state");

    private string Cache => Path.Combine(directory, "cache");

    private string Archives => Path.Combine(directory, "packages");

    private string SourceList => Path.Combine(directory, "sources.list");

    /// <summary>Fetches the mirrors' lists. A mirror that does not answer is no failure yet: the package may come from another.</summary>
    /// <returns>What apt complained about.</returns>
    internal string Update()
    {
        foreach (string path in (string[])[Path.Combine(State, "lists", "partial"), Path.Combine(Cache, "archives", "partial"), Archives])
        {
            Directory.CreateDirectory(path);
        }

        if (sources is not null)
        {
            File.WriteAllLines(SourceList, sources);
        }

        return Run("apt-get", "update", "-q").Errors;
    }

    /// <summary>The names of the packages that begin so, of all that the mirrors have.</summary>
    internal string[] Names(string prefix) => Run("apt-cache", "pkgnames", prefix).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The newest version of a package that the mirrors have; empty when they have none.</summary>
    internal string Version(string package) => Run("apt-cache", "show", "--no-all-versions", package).Output.Split('\n')
        .FirstOrDefault(line => line.StartsWith("Version: ", StringComparison.Ordinal))?["Version: ".Length..].Trim() ?? "";

    /// <summary>The first of <paramref name="names"/> that the mirrors have, and the package named by its dependency.</summary>
    internal string? Resolve(string dependencyPrefix, params string[] names)
    {
        foreach (string name in names)
        {
            string description = Run("apt-cache", "show", "--no-all-versions", name).Output;
            string? depends = description.Split('\n').FirstOrDefault(l => l.StartsWith("Depends:", StringComparison.Ordinal));
            string? found = depends?["Depends:".Length..].Split(',', '|')
                .Select(d => d.Trim().Split(' ')[0])
                .FirstOrDefault(d => d.StartsWith(dependencyPrefix, StringComparison.Ordinal));
            if (found is not null)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>Downloads one package and returns its file.</summary>
    internal string Download(string package, string earlierComplaint)
    {
        foreach (string old in Directory.GetFiles(Archives, package + "_*.deb"))
        {
            File.Delete(old);
        }

        (int code, _, string errors) = Run("apt-get", "download", "-q", package);
        string? file = Directory.GetFiles(Archives, package + "_*.deb").FirstOrDefault();
        return code == 0 && file is not null
            ? file
            : throw Unavailable(package, errors + "\n" + earlierComplaint);
    }

    internal static ProblemException Unavailable(string package, string complaint)
    {
        string said = string.Join("\n", complaint.Split('\n', StringSplitOptions.RemoveEmptyEntries).Take(6).Select(l => "  " + l));
        return new ProblemException(
            "package-unavailable",
            $"the package {package} could not be fetched from this machine's mirrors" + (said.Length > 0 ? $":\n{said}" : ""),
            "check the network and /etc/apt, or give your own files with --kernel and --busybox");
    }

    private (int Code, string Output, string Errors) Run(string program, params string[] arguments)
    {
        string[] settings =
        [
            "-o", $"Dir::State={State}", "-o", "Dir::State::status=/var/lib/dpkg/status", "-o", $"Dir::Cache={Cache}",
            "-o", "APT::Sandbox::User=root", "-o", "Acquire::Languages=none", "-o", "APT::Architecture=amd64",
            "-o", "Dir::Cache::pkgcache=pkgcache.bin", "-o", "Dir::Cache::srcpkgcache=srcpkgcache.bin",
            .. sources is null ? (string[])[] : ["-o", $"Dir::Etc::sourcelist={SourceList}", "-o", "Dir::Etc::sourceparts=-"],
        ];
        return HostTool.Run(program, [.. settings, .. arguments], Directory.Exists(Archives) ? Archives : directory);
    }
}
