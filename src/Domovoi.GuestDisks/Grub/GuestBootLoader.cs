// SPDX-License-Identifier: MIT
using Domovoi.GuestDisks.Ext;

namespace Domovoi.GuestDisks.Grub;

/// <summary>What pygrub is to Xen: finds the guest's own boot menu on its disk, and takes kernel and ramdisk out of it.</summary>
/// <remarks>Example: a Debian disk has <c>/boot/grub/grub.cfg</c>; its default entry names <c>/boot/vmlinuz-6.1.0-9-amd64</c>.</remarks>
public sealed class GuestBootLoader : IGrubFiles
{
    /// <summary>As much as Xen's toolstack accepts.</summary>
    private const long LargestFile = 1L << 30;

    private static readonly string[] s_places =
    [
        "/boot/grub/grub.cfg", "/boot/grub2/grub.cfg", "/grub/grub.cfg", "/grub2/grub.cfg",
        "/boot/grub/menu.lst", "/boot/grub/grub.conf", "/grub/menu.lst", "/grub/grub.conf",
    ];

    private readonly GuestFileSystems _systems;
    private readonly ExtFileSystem _home;

    private GuestBootLoader(GuestFileSystems systems, ExtFileSystem home, string source)
    {
        _systems = systems;
        _home = home;
        string text = home.ReadText(source)!;
        Menu = source.EndsWith(".cfg", StringComparison.Ordinal)
            ? new GrubScript(this, source[..source.LastIndexOf('/')]).Run(text, source)
            : MenuLst.Parse(text, source);
    }

    public BootMenu Menu { get; }

    /// <summary>Finds the menu: on the active partition first, then in order.</summary>
    /// <exception cref="GuestDiskException">There is none, or it cannot be read.</exception>
    public static GuestBootLoader Open(GuestFileSystems systems)
    {
        ArgumentNullException.ThrowIfNull(systems);
        foreach (string place in s_places)
        {
            foreach ((_, ExtFileSystem files) in systems.Readable.OrderByDescending(part => part.Partition.IsActive))
            {
                if (files.Find(place) is { Kind: ExtFileKind.Regular, Size: > 0 })
                {
                    return new GuestBootLoader(systems, files, place);
                }
            }
        }

        string seen = string.Join(", ", systems.Readable.Select(part => $"{Name(part.Partition.Number)} holds ext4")
            .Concat(systems.Others.Select(part => $"{Name(part.Partition.Number)} holds {part.What}")));
        throw new GuestDiskException(
            "grub-missing",
            $"No boot menu was found: neither grub.cfg nor menu.lst is on an ext2, ext3 or ext4 file system of the disk ({seen}).",
            "Install GRUB in the guest (`apt install grub-xen` and `update-grub`), or set kernel= and ramdisk= instead of bootloader=.");
    }

    /// <summary>Takes the files of an entry out of the disk.</summary>
    /// <param name="load">What the entry says.</param>
    /// <param name="kernel">The file to write the kernel to.</param>
    /// <param name="ramdisk">The file to write the ramdisks to, one after the other.</param>
    /// <returns>Whether there is a ramdisk.</returns>
    public bool Extract(BootLoad load, string kernel, string ramdisk)
    {
        ArgumentNullException.ThrowIfNull(load);
        Copy(load.Kernel, "kernel", kernel, FileMode.Create);
        File.Delete(ramdisk);
        foreach (BootFile file in load.Ramdisks)
        {
            Copy(file, "ramdisk", ramdisk, FileMode.Append);
        }

        return load.Ramdisks.Count > 0;
    }

    string? IGrubFiles.ReadText(BootFile file) => FileSystem(file.Device).ReadText(file.Path);

    bool IGrubFiles.Exists(BootFile file) => FileSystem(file.Device).Find(file.Path) is { Size: > 0 };

    string? IGrubFiles.Search(string kind, string value)
    {
        foreach ((Partitions.Partition partition, ExtFileSystem files) in _systems.Readable)
        {
            bool matches = kind switch
            {
                "--fs-uuid" => Guid.TryParse(value, out Guid uuid) && files.Uuid == uuid,
                "--label" => files.Label == value,
                _ => files.Exists(value),
            };
            if (matches)
            {
                return partition.Number == 0 ? "hd0" : $"hd0,{partition.Number}";
            }
        }

        return null;
    }

    private static string Name(int partition) => partition == 0 ? "the disk" : $"partition {partition}";

    private ExtFileSystem FileSystem(string device) => device.Length == 0 ? _home : _systems.ByDevice(device) ?? _home;

    private void Copy(BootFile file, string what, string target, FileMode mode)
    {
        using FileStream output = new(target, mode, FileAccess.Write, FileShare.None, bufferSize: 0);
        if (!FileSystem(file.Device).CopyTo(file.Path, output, LargestFile))
        {
            throw new GuestDiskException(
                "grub-file", $"{Menu.Source} names the {what} {file.Path}, which is not on the disk.",
                "Choose another entry with bootloader_args=[\"--entry=NUMBER\"], or run `update-grub` in the guest.");
        }
    }
}
