// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Devices;
using Domovoi.Storage;

namespace Domovoi.DomainHost.Devices;

/// <summary>Opens what a disk's specification names.</summary>
internal static class DiskOpener
{
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
                DiskFormat.Raw => RawDisk.Open(disk.Target, options),
                _ => throw new DiskException("disk-format", $"{disk.Target}: {disk.Format} is not supported"),
            };
        }
        catch (DiskException e)
        {
            throw new ProblemException(e.Code, $"disk {disk.Name}: {e.Message}", e.Hint);
        }
    }
}
