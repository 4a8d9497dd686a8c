// SPDX-License-Identifier: MIT
namespace Domovoi.Toolstack.Images;

/// <summary>What a Debian disk image shall be.</summary>
public sealed record DebianImageRequest
{
    /// <summary>Debian's own name for it: bookworm, trixie, stable, sid …</summary>
    public required string Release { get; init; }

    /// <summary>The file to make.</summary>
    public required string Output { get; init; }

    /// <summary>Bytes of the disk; what is not used of it takes no space.</summary>
    public long Size { get; init; } = 8L << 30;

    /// <summary>More packages than a guest needs.</summary>
    public IReadOnlyList<string> Packages { get; init; } = [];

    /// <summary>Lines of <c>authorized_keys</c> for root.</summary>
    public IReadOnlyList<string> AuthorizedKeys { get; init; } = [];

    /// <summary>Root's password; null: none is asked for on the console.</summary>
    public string? Password { get; init; }

    /// <summary>Whether root may come in over ssh with the password.</summary>
    public bool PasswordLogin { get; init; }

    /// <summary>Replaces the mirrors of this machine's apt.</summary>
    public string? Mirror { get; init; }

    public string HostName { get; init; } = "debian";

    /// <summary>sysvinit as process 1 instead of systemd.</summary>
    public bool UsesSysvinit { get; init; }

    /// <summary>"mmdebstrap" or "debootstrap"; null: the first of them that is there.</summary>
    public string? Tool { get; init; }

    /// <summary>Whether a file that is there is replaced.</summary>
    public bool Overwrite { get; init; }
}
