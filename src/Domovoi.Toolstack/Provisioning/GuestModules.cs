// SPDX-License-Identifier: MIT
using System.Security.Cryptography;
using System.Text;

namespace Domovoi.Toolstack.Provisioning;

/// <summary>The modules of Debian's kernel that a guest with disks or networks needs before it can load any from a disk.</summary>
public static class GuestModules
{
    /// <summary>Where they lie in the guest.</summary>
    private const string Folder = "lib/modules";

    /// <summary>In an order in which each finds what it needs.</summary>
    internal static IReadOnlyList<string> Names { get; } =
    [
        "crc16", "crc32c_generic", "crc32c-intel", "libcrc32c", "mbcache", "jbd2", "ext4", "cdrom", "isofs", "xen-blkfront", "xen-netfront",
        "llc", "stp", "mrp", "garp", "8021q",
    ];

    /// <summary>Those for networks alone, which are a tenth of all.</summary>
    private static readonly string[] s_networks = ["xen-netfront", "llc", "stp", "mrp", "garp", "8021q"];

    /// <summary>Changes when the list does, so that an older set in the cache is fetched anew.</summary>
    internal static string Edition { get; } =
        Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Join(' ', Names))))[..8];

    /// <summary>What goes into an initramfs so that its init loads them.</summary>
    /// <param name="directory">Where they were unpacked: <see cref="DebianGuest.Modules"/>.</param>
    /// <param name="withDisks">Also those for disks and their file systems.</param>
    public static InitramfsContents Contents(string directory, bool withDisks = true)
    {
        string[] present = [.. (withDisks ? Names : s_networks).SelectMany(name => Directory.GetFiles(directory, name + ".ko*"))];
        return new InitramfsContents
        {
            Files = [.. present.Select(path => (path, $"{Folder}/{Path.GetFileName(path)}"))],
            Modules = [.. present.Select(path => $"/{Folder}/{Path.GetFileName(path)}")],
        };
    }

    /// <summary>Whether a file of the kernel's package is one of them.</summary>
    internal static bool IsWanted(string file)
    {
        string name = Path.GetFileName(file);
        int end = name.IndexOf(".ko", StringComparison.Ordinal);
        return end > 0 && file.Contains("lib/modules/", StringComparison.Ordinal) && Names.Contains(name[..end]);
    }
}
