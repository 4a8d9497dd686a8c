// SPDX-License-Identifier: MIT
using System.Text.RegularExpressions;
using Domovoi.GuestDisks.Ext;
using Domovoi.GuestDisks.Partitions;

namespace Domovoi.Toolstack.Doctor.Examinations;

/// <summary>Whether the disks that the boot menu and fstab name will be there: a PC's sda and a KVM guest's vda are xvda under Xen.</summary>
internal static partial class RootDeviceExamination
{
    internal static IEnumerable<Finding> Examine(Patient patient)
    {
        if (patient.Menu is { } menu && patient.DefaultLoad is { } load && RootWord().Match(load.CommandLine) is { Success: true } word)
        {
            string named = word.Groups[1].Value;
            if (Complaint(patient, named) is { } complaint)
            {
                string better = $"UUID={patient.Files.Uuid}";
                yield return new Finding(
                    "root-device", $"{menu.Source} boots with root={named}, {complaint}", "the kernel waits for its root disk for ever.",
                    $"write root={better} in its place", plan => Replace(plan, menu.Source, $"root={named}", $"root={better}"));
            }
        }

        foreach (string line in patient.Lines("/etc/fstab"))
        {
            if (line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is [var device, var place, var kind, ..]
                && !line.Contains("noauto", StringComparison.Ordinal) && !line.Contains("nofail", StringComparison.Ordinal) && Complaint(patient, device) is { } complaint)
            {
                yield return OfFstab(patient, line, device, place, kind, complaint);
            }
        }
    }

    private static Finding OfFstab(Patient patient, string line, string device, string place, string kind, string complaint)
    {
        string? better = place == "/" ? $"UUID={patient.Files.Uuid}" : Better(patient, device, kind);
        string why = place == "/" ? "the root file system is not checked and stays read-only." : "the guest waits for it, and may stop in an emergency shell.";
        return new Finding(
            "fstab-device", $"/etc/fstab mounts {device} on {place}, {complaint}", why,
            better is null ? $"take the line out of use with a #" : $"write {better} in its place",
            plan => Replace(plan, "/etc/fstab", line, better is null ? "# " + line : better + line[device.Length..]));
    }

    /// <summary>The same partition by its UUID, or, for swap, by its name under Xen.</summary>
    private static string? Better(Patient patient, string device, string kind)
    {
        Match name = ForeignDisk().Match(device);
        if (!name.Success || !int.TryParse(name.Groups["part"].Value, out int number))
        {
            return null;
        }

        ExtFileSystem? files = patient.Systems.Readable.FirstOrDefault(part => part.Partition.Number == number).Files;
        bool isSwap = kind == "swap" && patient.Systems.Others.Any(part => part.Partition.Number == number && part.What == "swap space");
        return files is not null ? $"UUID={files.Uuid}" : isSwap ? $"/dev/xvda{number}" : null;
    }

    /// <summary>Why a device will not be there; null if it will, or if it cannot be told.</summary>
    private static string? Complaint(Patient patient, string device)
    {
        if (ForeignDisk().IsMatch(device))
        {
            return "but Xen's disks are called xvda";
        }

        if (OwnDisk().Match(device) is { Success: true } own)
        {
            int number = own.Groups["part"].Length == 0 ? 0 : int.Parse(own.Groups["part"].Value, System.Globalization.CultureInfo.InvariantCulture);
            return patient.Systems.Table.Partitions.Any(part => part.Number == number) || (number > 0 && patient.Systems.Table.Kind == "none") ? null
                : number == 0 ? "but the disk has partitions" : $"but the disk has no partition {number}";
        }

        return device.StartsWith("UUID=", StringComparison.Ordinal) && Guid.TryParse(device[5..].Trim('"'), out Guid uuid)
            && patient.Systems.Others.Count == 0 && patient.Systems.Readable.TrueForAll(part => part.Files.Uuid != uuid)
            ? "which no file system of this disk has" : null;
    }

    private static void Replace(RepairPlan plan, string path, string old, string fresh) =>
        plan.Write(path, plan.TextOf(path).Replace(old, fresh, StringComparison.Ordinal));

    [GeneratedRegex(@"(?:^|\s)root=(\S+)")]
    private static partial Regex RootWord();

    [GeneratedRegex(@"^/dev/(?:[hsv]d[a-z]+(?<part>[0-9]*)|nvme[0-9]+n[0-9]+(?:p(?<part>[0-9]+))?|mmcblk[0-9]+(?:p(?<part>[0-9]+))?|cciss/.*|sr[0-9]+|fd[0-9]+)$")]
    private static partial Regex ForeignDisk();

    [GeneratedRegex("^/dev/xvda(?<part>[0-9]*)$")]
    private static partial Regex OwnDisk();
}
