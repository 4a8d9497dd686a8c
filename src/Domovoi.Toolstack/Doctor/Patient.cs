// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.GuestDisks;
using Domovoi.GuestDisks.Ext;
using Domovoi.GuestDisks.Grub;
using Domovoi.GuestDisks.Partitions;

namespace Domovoi.Toolstack.Doctor;

/// <summary>An opened guest disk: its root file system, and what boots it.</summary>
internal sealed class Patient : IDisposable
{
    private readonly GuestFileSystems _systems;

    /// <param name="disk">Stays the caller's.</param>
    /// <exception cref="ProblemException">There is no root file system that can be read.</exception>
    internal Patient(DiskReader disk)
    {
        _systems = GuestFileSystems.Open(disk);
        (Partition, ExtFileSystem)[] roots =
            [.. _systems.Readable.Where(part => part.Files.Exists("/etc/fstab") || (part.Files.Exists("/etc/passwd") && part.Files.Exists("/sbin")))];
        if (roots.Length == 0)
        {
            string seen = string.Join(", ", _systems.Readable.Select(part => $"ext4 without /etc/fstab in {Name(part.Partition)}")
                .Concat(_systems.Others.Select(part => $"{part.What} in {Name(part.Partition)}")));
            _systems.Dispose();
            throw new ProblemException(
                "doctor-no-root", $"no guest's root file system was found: {seen}",
                "ext2, ext3 and ext4 can be examined, on a whole disk or in a partition; convert other image formats with `qemu-img convert -O raw`");
        }

        (Root, Files) = roots[0];
        try
        {
            Menu = GuestBootLoader.Open(_systems).Menu;
        }
        catch (GuestDiskException)
        {
            // Booted by kernel= of its configuration: there is nothing to read.
        }
    }

    internal Partition Root { get; }

    internal ExtFileSystem Files { get; }

    /// <summary>Null if the disk has none.</summary>
    internal BootMenu? Menu { get; }

    internal GuestFileSystems Systems => _systems;

    /// <summary>What the default entry of the boot menu loads; null if there is none.</summary>
    internal BootLoad? DefaultLoad
    {
        get
        {
            try
            {
                return Menu?.DefaultEntry.Load?.Invoke();
            }
            catch (GuestDiskException)
            {
                return null;
            }
        }
    }

    internal bool HasSystemd => Files.Exists("/lib/systemd/systemd") && (Files.Find("/sbin/init")?.Path.EndsWith("/systemd", StringComparison.Ordinal) ?? true);

    /// <summary>The kernels whose modules are there, newest last by name.</summary>
    internal IReadOnlyList<string> KernelVersions => [.. Files.List("/lib/modules").Where(version => Files.Exists($"/lib/modules/{version}/modules.dep"))];

    /// <summary>A text file, without comments and blank lines.</summary>
    internal IEnumerable<string> Lines(string path) => (Files.ReadText(path) ?? "").Split('\n')
        .Select(line => line.Trim()).Where(line => line.Length > 0 && !line.StartsWith('#'));

    public void Dispose() => _systems.Dispose();

    private static string Name(Partition partition) => partition.Number == 0 ? "the whole disk" : $"partition {partition.Number}";
}
