// SPDX-License-Identifier: MIT
namespace Domovoi.Toolstack.Provisioning;

/// <summary><c>$XDG_CACHE_HOME/domovoi</c>: everything in it can be deleted and comes again.</summary>
public static class CacheDirectory
{
    public static string Root()
    {
        string? chosen = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        string root = Path.IsPathFullyQualified(chosen ?? "")
            ? chosen!
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Combine(root, "domovoi");
    }

    /// <summary>Unpacked kernels by content.</summary>
    public static string Kernels() => Path.Combine(Root(), "kernels");

    /// <summary>Translated code of each guest.</summary>
    public static string Translations() => Path.Combine(Root(), "translations");

    /// <summary>Debian's kernel and busybox for <c>dom try</c>.</summary>
    public static string Debian() => Path.Combine(Root(), "debian");
}
