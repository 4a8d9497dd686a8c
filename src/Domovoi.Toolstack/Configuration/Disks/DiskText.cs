// SPDX-License-Identifier: MIT
using Domovoi.Contracts.Devices;

namespace Domovoi.Toolstack.Configuration.Disks;

/// <summary>A disk as a line that <see cref="DiskParser"/> reads again as the same.</summary>
public static class DiskText
{
    public static string Of(DiskSpecification disk)
    {
        List<string> parts = [$"vdev={disk.Name}"];
        if (disk.Format is not (DiskFormat.Raw or DiskFormat.Empty))
        {
            parts.Add($"format={disk.Format.ToString().ToLowerInvariant()}");
        }

        parts.Add($"access={(disk.ReadOnly ? "r" : "w")}{(disk.Shared ? "!" : "")}");
        parts.AddRange(Flags(disk));
        parts.Add($"target={disk.Target}");
        return string.Join(',', parts);
    }

    private static IEnumerable<string> Flags(DiskSpecification disk)
    {
        if (disk.IsCdRom)
        {
            yield return "devtype=cdrom";
        }

        if (disk.Direct)
        {
            yield return "direct-io-safe";
        }

        if (!disk.Discard)
        {
            yield return "no-discard";
        }

        if (disk.PersistentGrants)
        {
            yield return "persistent-grants";
        }
    }
}
