// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Devices;
using Domovoi.Storage;
using Domovoi.Storage.Nbd;

namespace Domovoi.DomainHost.Devices;

/// <summary>Opens what a disk's specification names.</summary>
internal static class DiskOpener
{
    /// <summary>How long a guest waits for an NBD server that has gone, before it gets an I/O error.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>null for an empty drive.</summary>
    /// <exception cref="ProblemException">It cannot be opened.</exception>
    internal static IDisk? Open(DiskSpecification disk)
    {
        try
        {
            DiskOptions options = new(disk.ReadOnly || disk.IsCdRom, disk.Shared, disk.Direct, disk.Discard);
            return disk.Format switch
            {
                DiskFormat.Empty => null,
                DiskFormat.Raw when disk.IsRemote => NbdDisk.Open(NbdAddress.Parse(disk.Target), options, Patience),
                _ when disk.IsRemote => throw new DiskException(
                    "disk-format", $"{disk.Target} is served by NBD, which gives raw disks", "leave format= out; the server knows the image's format"),
                DiskFormat.Raw => RawDisk.Open(disk.Target, options),
                _ => ForeignDisk.Open(disk.Target, disk.Format.ToString().ToLowerInvariant(), options),
            };
        }
        catch (DiskException e)
        {
            throw new ProblemException(e.Code, $"disk {disk.Name}: {e.Message}", e.Hint);
        }
    }
}
