// SPDX-License-Identifier: MIT
using System.Globalization;
using System.IO.Compression;
using System.Text.RegularExpressions;
using Domovoi.Contracts;
using Domovoi.Linux;
using Domovoi.Toolstack.Provisioning;

namespace Domovoi.Toolstack.Images;

/// <summary>Debian's own installer, which a guest boots as it is: the kernel and the first file system of <c>debian-installer-12-netboot-amd64</c>.</summary>
/// <remarks>
/// What was fetched stays in the cache until the mirror has a newer version: an installer older than the mirror's modules finds none for its
/// kernel. Example: <c>new DebianInstaller("bookworm", null, progress.Begin).WriteTo("installer", preseed: null)</c>.
/// </remarks>
/// <param name="release">Such as bookworm.</param>
/// <param name="mirror">The person's mirror; null: the machine's.</param>
/// <param name="progress">Told each step that can take more than a second, before it begins.</param>
public sealed partial class DebianInstaller(string release, string? mirror, Action<string> progress)
{
    private const string KernelFile = "linux";
    private const string RamdiskFile = "initrd.gz";

    private readonly string _cache = Path.Combine(CacheDirectory.Root(), "installer", release);

    /// <summary>Leaves <c>linux</c> and <c>initrd.gz</c> in a folder.</summary>
    /// <param name="folder">Made when it is not there; what is in it under these names is replaced.</param>
    /// <param name="preseed">A file of answers, which the installer finds as <c>/preseed.cfg</c> and reads first; null for none.</param>
    /// <exception cref="ProblemException">The mirror does not answer, or has no installer.</exception>
    public void WriteTo(string folder, string? preseed)
    {
        byte[] answers = preseed is null ? [] : File.ReadAllBytes(preseed);
        Directory.CreateDirectory(_cache);
        using FileLock gate = FileLock.Take(
            Path.Combine(_cache, "lock"), () => progress("Waiting for another dom that is fetching the same files"));
        Fetch();
        Directory.CreateDirectory(folder);
        Replace(Path.Combine(folder, KernelFile), file => CopyInto(file, KernelFile));
        Replace(Path.Combine(folder, RamdiskFile), file =>
        {
            CopyInto(file, RamdiskFile);
            if (preseed is not null)
            {
                Append(file, answers);
            }
        });
    }

    private void Fetch()
    {
        string keyring = DebianMirrors.Keyring();
        progress("Asking the mirror");
        IReadOnlyList<string> lines = new DebianMirrors(mirror, _cache).SourcesFor(release);
        AptSource apt = new(Path.Combine(_cache, "apt"), [.. lines.Select(line => $"deb [signed-by={keyring}] {line["deb ".Length..]}")]);
        Directory.CreateDirectory(Path.Combine(_cache, "apt"));
        progress("Fetching the mirror's package lists");
        string complaint = apt.Update();
        string package = apt.Names("debian-installer-").Where(name => NetbootName().IsMatch(name))
            .MaxBy(name => int.Parse(NetbootName().Match(name).Groups[1].Value, CultureInfo.InvariantCulture))
            ?? throw AptSource.Unavailable("debian-installer-N-netboot-amd64", complaint);
        string version = $"{package} {apt.Version(package)}\n";
        string versionFile = Path.Combine(_cache, "version");
        if (File.Exists(versionFile) && File.ReadAllText(versionFile) == version)
        {
            return;
        }

        progress($"Fetching the installer, {package} (about 150 MB)");
        string archive = apt.Download(package, complaint);
        progress("Unpacking the installer");
        File.Delete(versionFile);
        int found = 0;
        DebianPackage.Extract(archive, name => !TextImage().IsMatch(name) ? null : Counted(Path.GetFileName(name)), mostFiles: 2);
        File.Delete(archive);
        if (found != 2)
        {
            throw new ProblemException("package-contents", $"{Path.GetFileName(archive)} does not contain the expected files");
        }

        File.WriteAllText(versionFile, version);

        string Counted(string name)
        {
            found++;
            return Path.Combine(_cache, name);
        }
    }

    /// <summary>The kernel unpacks archives that stand one behind the other.</summary>
    private static void Append(FileStream ramdisk, byte[] answers)
    {
        using GZipStream packed = new(ramdisk, CompressionLevel.Fastest, leaveOpen: true);
        using CpioArchive archive = new(packed);
        archive.AddFile("preseed.cfg", answers);
    }

    private void CopyInto(FileStream file, string name)
    {
        using FileStream source = File.OpenRead(Path.Combine(_cache, name));
        source.CopyTo(file);
    }

    private static void Replace(string path, Action<FileStream> write)
    {
        string fresh = $"{path}.{Environment.ProcessId}";
        using (FileStream file = File.Create(fresh))
        {
            write(file);
        }

        File.Move(fresh, path, overwrite: true);
    }

    [GeneratedRegex(@"^debian-installer-(\d{1,4})-netboot-amd64$")]
    private static partial Regex NetbootName();

    [GeneratedRegex(@"/text/debian-installer/amd64/(linux|initrd\.gz)$")]
    private static partial Regex TextImage();
}
