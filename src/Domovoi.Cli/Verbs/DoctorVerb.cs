// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Text.Json;
using Domovoi.Cli.Doctor;
using Domovoi.Contracts;
using Domovoi.Contracts.Devices;
using Domovoi.Toolstack.Configuration.Disks;
using Domovoi.Toolstack.Doctor;

namespace Domovoi.Cli.Verbs;

/// <summary><c>dom doctor disk.img</c>: why a guest says nothing, does not boot, or is not reached; and the remedy.</summary>
internal static class DoctorVerb
{
    private static readonly Argument<string> Image = new("image") { Description = "The guest's disk: an image, a block device, or an nbd:// address." };
    private static readonly Option<string> Format = new("--format")
    {
        Description = "The image's format: qcow2, vhd, vmdk ...; raw if left out.", HelpName = "format",
    };

    private static readonly Option<bool> Fix = new("--fix") { Description = "Repair what is found; --undo takes it back." };
    private static readonly Option<bool> Undo = new("--undo") { Description = "Take the last repair back." };
    private static readonly Option<bool> Json = new("--json", "-j") { Description = "The findings as JSON." };

    internal static Command Build(Session session)
    {
        Verb verb = new(
            "doctor",
            "Find what keeps a guest's disk from working under Xen, and repair it.",
            "dom doctor disk.img",
            "dom doctor --fix disk.img",
            "dom doctor --undo disk.img",
            "dom doctor --format qcow2 disk.qcow2")
        {
            Image, Format, Fix, Undo, Json,
        };
        verb.SetAction(parsed => Run(session, parsed));
        return verb;
    }

    private static int Run(Session session, ParseResult parsed)
    {
        string image = parsed.GetValue(Image)!;
        DiskFormat? format = FormatOf(parsed.GetValue(Format));
        if (parsed.GetValue(Undo))
        {
            using DiskSurgery surgery = DiskSurgery.Begin(image, format);
            session.Out.WriteLine($"{image} is as it was before the repair ({surgery.Undo()} blocks were put back)");
            return ExitCode.Success;
        }

        DiskDoctor doctor = Examine(image, format);
        if (parsed.GetValue(Json))
        {
            session.Out.WriteLine(JsonSerializer.Serialize(
                [.. doctor.Findings.Select(finding => new ToldFinding(
                    finding.Code, finding.Message, finding.Explanation, finding.Remedy, finding.Repair is not null))],
                FindingJson.Default.ToldFindingArray));
        }
        else
        {
            Tell(session.Out, image, parsed.GetValue(Format), doctor);
        }

        return doctor.Findings.Count == 0 ? ExitCode.Success : parsed.GetValue(Fix) ? Repair(session, image, format, doctor) : ExitCode.Failure;
    }

    private static DiskFormat? FormatOf(string? name) =>
        name is null ? null
        : DiskParser.TryFormat(name, out DiskFormat format) && format != DiskFormat.Empty ? format
        : throw new ProblemException("disk-format", $"{name} is no format of disk images", "expected raw, qcow, qcow2, vhd, vhdx, vmdk, vdi or qed");

    private static DiskDoctor Examine(string image, DiskFormat? format)
    {
        using GuestDisk disk = GuestDisk.Open(image, format, forWriting: false);
        return DiskDoctor.Examine(disk);
    }

    private static void Tell(TextWriter output, string image, string? format, DiskDoctor doctor)
    {
        output.WriteLine($"{image}: {doctor.Summary}");
        foreach (Finding finding in doctor.Findings)
        {
            output.WriteLine();
            output.WriteLine($"  {finding.Code}: {finding.Message}");
            output.WriteLine($"    why it matters: {finding.Explanation}");
            output.WriteLine($"    {(finding.Repair is null ? "remedy" : "--fix will")}: {finding.Remedy}");
        }

        output.WriteLine();
        int repairable = doctor.Findings.Count(finding => finding.Repair is not null);
        output.WriteLine(doctor.Findings.Count == 0
            ? "nothing was found that keeps it from being used under Xen"
            : $"{doctor.Findings.Count} found; `dom doctor --fix {ShellWords.Join(format is null ? [image] : ["--format", format, image])}` repairs {repairable} of them");
    }

    private static int Repair(Session session, string image, DiskFormat? format, DiskDoctor doctor)
    {
        Finding[] repairable = [.. doctor.Findings.Where(finding => finding.Repair is not null)];
        if (repairable.Length > 0)
        {
            using DiskSurgery surgery = DiskSurgery.Begin(image, format);
            string undo = surgery.Repair();
            session.Out.WriteLine($"repaired: {string.Join(", ", repairable.Select(finding => finding.Code).Distinct())}");
            session.Out.WriteLine($"`dom doctor --undo` puts everything back as long as the guest has not run; what it needs is in {undo}");
        }

        DiskDoctor after = Examine(image, format);
        foreach (Finding finding in after.Findings)
        {
            session.Warn(new Problem(finding.Code, $"still so: {finding.Message}", Hint: finding.Remedy));
        }

        return after.Findings.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }
}
