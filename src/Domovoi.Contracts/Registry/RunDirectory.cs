// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Domovoi.Contracts.Registry;

/// <summary>Where the domains of one user live. The directory is the registry: no daemon knows more than what stands here.</summary>
/// <remarks>
/// <code>
/// registry.lock     held (flock, exclusive) while a domain id is chosen, a name is claimed, or ended domains are swept
/// domains/ID/       one folder per domain, see <see cref="DomainFolder"/>
/// </code>
/// A name is taken while a living domain's <c>domain.json</c> carries it. Ids count up from 1 and are the smallest
/// number above every folder present, so that an id is not used again while its logs are there.
/// </remarks>
public sealed record RunDirectory(string Path)
{
    /// <summary>The environment variable that overrides the place, for tests and for several registries side by side.</summary>
    public const string Variable = "DOMOVOI_RUN_DIR";

    public string RegistryLock => System.IO.Path.Combine(Path, "registry.lock");

    public string Domains => System.IO.Path.Combine(Path, "domains");

    public DomainFolder Domain(int id) =>
        new(System.IO.Path.Combine(Domains, id.ToString(CultureInfo.InvariantCulture)));

    /// <summary>
    /// <see cref="Variable"/>, or <c>/run/domovoi</c> for root, or <c>$XDG_RUNTIME_DIR/domovoi</c>, or
    /// <c>domovoi-USER</c> in the directory for temporary files.
    /// </summary>
    public static RunDirectory OfCurrentUser()
    {
        string? chosen = Environment.GetEnvironmentVariable(Variable);
        if (!string.IsNullOrEmpty(chosen))
        {
            return new RunDirectory(System.IO.Path.GetFullPath(chosen));
        }

        if (Environment.IsPrivilegedProcess)
        {
            return new RunDirectory("/run/domovoi");
        }

        string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        return new RunDirectory(Directory.Exists(runtime)
            ? System.IO.Path.Combine(runtime, "domovoi")
            : System.IO.Path.Combine(System.IO.Path.GetTempPath(), "domovoi-" + Environment.UserName));
    }
}
