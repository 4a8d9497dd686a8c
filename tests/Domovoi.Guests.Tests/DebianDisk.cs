// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Security.Cryptography;
using Domovoi.Toolstack.Provisioning;

namespace Domovoi.Guests;

/// <summary>A disk that <c>dom image build debian:bookworm</c> made, with the key that opens it; made once, and again when dom's scripts change.</summary>
internal sealed class DebianDisk
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(12);
    private static readonly string[] s_excuses = ["is installed, which", "is missing, which", "cannot be made as an ordinary user", "gives no Debian release", "are not on this machine"];
    private static readonly Lazy<DebianDisk> s_bookworm = new(() => Make("bookworm"));

    private DebianDisk(string image, string key, string said) => (Image, Key, Said) = (image, key, said);

    /// <summary>Shared: a test that writes takes a <see cref="CopyTo"/>.</summary>
    internal static DebianDisk Bookworm => s_bookworm.Value;

    internal string Image { get; }

    /// <summary>The private key's file.</summary>
    internal string Key { get; }

    /// <summary>What the build that made it printed.</summary>
    internal string Said { get; }

    internal void CopyTo(string file)
    {
        using Process copy = Process.Start("cp", ["--sparse=always", "--reflink=auto", Image, file]);
        copy.WaitForExit();
        Assert.Equal(0, copy.ExitCode);
    }

    private static DebianDisk Make(string release)
    {
        string folder = Path.Combine(CacheDirectory.Root(), "test-images");
        Directory.CreateDirectory(folder);
        (string image, string key, string said) = (Path.Combine(folder, release + ".img"), Path.Combine(folder, "key"), Path.Combine(folder, release + ".said"));
        string stamp = Path.Combine(folder, release + ".stamp");
        string recipe = Recipe();
        if (!File.Exists(stamp) || File.ReadAllText(stamp) != recipe || !File.Exists(image) || !File.Exists(key))
        {
            File.Delete(stamp);
            File.Delete(key);
            using Process keygen = Process.Start("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
            keygen.WaitForExit();
            using GuestHost host = new();
            DomResult built = host.Dom(s_limit, ["image", "build", $"debian:{release}", "--force", "--ssh-key", key + ".pub", "--hostname", "guest", image]);
            Assert.SkipWhen(built.ExitCode != 0 && s_excuses.Any(excuse => built.Error.Contains(excuse, StringComparison.Ordinal)), built.Error);
            Assert.True(built.ExitCode == 0, built.Error);
            File.WriteAllText(said, built.Output);
            File.WriteAllText(stamp, recipe);
        }

        return new DebianDisk(image, key, File.ReadAllText(said));
    }

    private static string Recipe()
    {
        System.Reflection.Assembly toolstack = typeof(CacheDirectory).Assembly;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string name in toolstack.GetManifestResourceNames().Order(StringComparer.Ordinal))
        {
            using Stream script = toolstack.GetManifestResourceStream(name)!;
            hash.AppendData(SHA256.HashData(script));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
