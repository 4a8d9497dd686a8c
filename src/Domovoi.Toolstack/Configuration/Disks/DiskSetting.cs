// SPDX-License-Identifier: MIT
using Domovoi.Contracts.Devices;

namespace Domovoi.Toolstack.Configuration.Disks;

/// <summary>The setting <c>disk</c>: a list of lines.</summary>
internal static class DiskSetting
{
    internal static IReadOnlyList<DiskSpecification> Read(SettingTable settings, string source)
    {
        List<DiskSpecification> disks = [];
        string? directory = Path.GetDirectoryName(Path.GetFullPath(source));
        foreach (ConfigAtom line in Lines(settings.Find("disk")?.Value))
        {
            DiskSpecification disk = DiskParser.Parse(line, directory);
            if (disks.Find(other => other.VirtualDevice == disk.VirtualDevice) is { } twin)
            {
                throw Mistake.At("config-disk", $"disk: {disk.Name} is there twice", line.Where, $"the other is {twin.Target}");
            }

            disks.Add(disk);
        }

        return disks;
    }

    private static IEnumerable<ConfigAtom> Lines(ConfigValue? value) => value switch
    {
        null => [],
        ConfigList list => list.Items.Select(item => item as ConfigAtom
            ?? throw Mistake.At("config-disk", "disk: expected strings in the list", item.Where)),
        _ => throw Mistake.At("config-disk", "disk: expected a list of strings", value.Where, "write disk=[ 'TARGET,FORMAT,VDEV,ACCESS' ]"),
    };
}
