// SPDX-License-Identifier: MIT
using Domovoi.Backends.Disks;
using Domovoi.Contracts;
using Domovoi.Contracts.Launch;
using Domovoi.DomainHost.Machines;
using Domovoi.GuestDisks;
using Domovoi.GuestDisks.Ext;
using Domovoi.GuestDisks.Grub;

namespace Domovoi.DomainHost.BootLoaders;

/// <summary>One boot through the guest's own menu, as pygrub does it: opens the disk, chooses, takes the files out.</summary>
/// <remarks>Done anew at each boot, so that a kernel that the guest has installed is the one it reboots into.</remarks>
internal sealed class GuestBoot : IDisposable
{
    private readonly MachineParts _parts;
    private readonly BootloaderSpecification _settings;
    private readonly DeviceReader _disk;
    private readonly GuestFileSystems _systems;
    private readonly GuestBootLoader _loader;

    private GuestBoot(MachineParts parts, BootloaderSpecification settings, DeviceReader disk, GuestFileSystems systems, GuestBootLoader loader) =>
        (_parts, _settings, _disk, _systems, _loader) = (parts, settings, disk, systems, loader);

    internal BootMenu Menu => _loader.Menu;

    /// <summary>The entry, if it is certain without asking anybody.</summary>
    internal BootEntry? Certain => _settings.Entry is { } wanted ? Menu.Find(wanted)
        : _settings.Quiet || Menu.Timeout == 0 || Menu.IsHidden || Menu.Entries is [{ Load: not null }] ? Menu.DefaultEntry
        : null;

    /// <summary>Builds the machine of this boot: at once, or, where the menu is to be shown, once somebody or the time has chosen.</summary>
    /// <exception cref="ProblemException">The disk cannot be booted from; it says why.</exception>
    internal static IMachine Build(MachineParts parts, Func<MachineParts, IMachine> build)
    {
        BootloaderSpecification settings = parts.Specification.Bootloader!;
        return Guarded(() =>
        {
            GuestBoot boot = Open(parts, settings);
            if (boot.Certain is null)
            {
                _ = boot.Menu.DefaultEntry.Load!();         // what cannot be booted is told now, not after the timeout
                return new MenuMachine(boot, parts, build);
            }

            using (boot)
            {
                return boot.Build(boot.Certain, build);
            }
        });
    }

    /// <summary>Takes an entry's files out of the disk, and builds a machine from them.</summary>
    internal IMachine Build(BootEntry entry, Func<MachineParts, IMachine> build) => Guarded(() =>
    {
        BootLoad load = _settings.Kernel is { } kernel
            ? new BootLoad(new BootFile("", kernel), "", _settings.Ramdisk is { } given ? [new BootFile("", given)] : [])
            : entry.Load!();
        string folder = _parts.Specification.Folder;
        (string kernelFile, string ramdiskFile) = (Path.Combine(folder, "boot-kernel"), Path.Combine(folder, "boot-ramdisk"));
        try
        {
            bool hasRamdisk = _loader.Extract(load, kernelFile, ramdiskFile);
            _parts.Log.Write($"Booting \"{entry.Title}\" of {Menu.Source}: {load.Kernel.Path} {load.CommandLine}".TrimEnd());
            DomainSpecification specification = _parts.Specification with
            {
                Kernel = kernelFile,
                Ramdisk = hasRamdisk ? ramdiskFile : null,
                CommandLine = string.Join(' ', new[] { load.CommandLine, _parts.Specification.CommandLine }.Where(words => words.Length > 0)),
            };
            return build(_parts with { Specification = specification });
        }
        finally
        {
            File.Delete(kernelFile);
            File.Delete(ramdiskFile);
        }
    });

    public void Dispose()
    {
        _systems.Dispose();
        _disk.Dispose();
    }

    private static GuestBoot Open(MachineParts parts, BootloaderSpecification settings)
    {
        BlockDevice device = parts.Devices.Of<BlockDevice>().FirstOrDefault(device => !device.Settings.IsCdRom)
            ?? throw new ProblemException("bootloader-disk", "bootloader= needs a disk to boot from, and the domain has none", "add disk=[ … ], or set kernel= instead");
        DeviceReader disk = new(device);
        try
        {
            GuestFileSystems systems = GuestFileSystems.Open(disk);
            foreach (ExtFileSystem files in systems.Readable.Select(part => part.Files))
            {
                if (files.JournalNote is { } note)
                {
                    parts.Log.Write($"Boot loader: {device.Settings.Name}: {note}.");
                }
            }

            return new GuestBoot(parts, settings, disk, systems, GuestBootLoader.Open(systems));
        }
        catch
        {
            disk.Dispose();
            throw;
        }
    }

    private static IMachine Guarded(Func<IMachine> action)
    {
        try
        {
            return action();
        }
        catch (GuestDiskException e)
        {
            throw new ProblemException(e.Code, e.Message, e.Hint);
        }
    }
}
