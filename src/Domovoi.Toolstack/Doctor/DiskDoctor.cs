// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.GuestDisks;
using Domovoi.Toolstack.Doctor.Examinations;

namespace Domovoi.Toolstack.Doctor;

/// <summary>Examines a guest's disk, and repairs what keeps the guest from being used under Xen.</summary>
/// <remarks>
/// Examining reads only. Example: a disk that was installed on a PC has no getty on hvc0, its initramfs has no xen-blkfront, and its
/// fstab names /dev/sda1: three findings, each with a repair; <see cref="DiskSurgery"/> makes them, and keeps what was there before.
/// </remarks>
public sealed class DiskDoctor
{
    private static readonly Func<Patient, IEnumerable<Finding>>[] s_examinations =
    [
        KernelExamination.Examine, RootDeviceExamination.Examine, InitramfsExamination.Examine, DeviceExamination.Examine,
        ConsoleExamination.Examine, NetworkExamination.Examine, SshExamination.Examine,
    ];

    private DiskDoctor(IReadOnlyList<Finding> findings, string summary)
    {
        Findings = findings;
        Summary = summary;
    }

    public IReadOnlyList<Finding> Findings { get; }

    /// <summary>What system it is, and how the disk is divided.</summary>
    public string Summary { get; }

    /// <exception cref="ProblemException">The disk cannot be read, or holds no guest.</exception>
    public static DiskDoctor Examine(DiskReader disk)
    {
        try
        {
            using Patient patient = new(disk);
            List<Finding> findings = Examine(patient);
            string table = patient.Systems.Table.Kind == "none" ? "on the whole disk" : $"in partition {patient.Root.Number} ({patient.Systems.Table.Kind})";
            string note = patient.Files.JournalNote is { } journal ? $"; {journal}" : "";
            return new DiskDoctor(findings, $"{SystemName(patient)}, ext4 {table}{note}");
        }
        catch (GuestDiskException e)
        {
            throw new ProblemException(e.Code, e.Message, e.Hint);
        }
    }

    internal static List<Finding> Examine(Patient patient) => [.. s_examinations.SelectMany(examine => examine(patient))];

    private static string SystemName(Patient patient)
    {
        string? pretty = patient.Lines("/etc/os-release").FirstOrDefault(line => line.StartsWith("PRETTY_NAME=", StringComparison.Ordinal));
        return pretty is not null ? pretty["PRETTY_NAME=".Length..].Trim('"')
            : patient.Files.ReadText("/etc/debian_version") is { } debian ? $"Debian {debian.Trim()}"
            : "A Linux system";
    }
}
