// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Text.Json;
using Domovoi.Cli.Doctor;
using Domovoi.Contracts;
using Domovoi.GuestDisks;
using Domovoi.Toolstack.Doctor;

namespace Domovoi.Cli.Verbs;

/// <summary><c>dom doctor disk.img</c>: why a guest says nothing, does not boot, or is not reached; and the remedy.</summary>
internal static class DoctorVerb
{
    private static readonly Argument<string> Image = new("image") { Description = "The guest's disk: a raw image or a block device." };
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
            "dom doctor --undo disk.img")
        {
            Image, Fix, Undo, Json,
        };
        verb.SetAction(parsed => Run(session, parsed));
        return verb;
    }

    private static int Run(Session session, ParseResult parsed)
    {
        string image = parsed.GetValue(Image)!;
        if (parsed.GetValue(Undo))
        {
            using DiskSurgery surgery = DiskSurgery.Begin(image);
            session.Out.WriteLine($"{image} is as it was before the repair ({surgery.Undo()} blocks were put back)");
            return ExitCode.Success;
        }

        DiskDoctor doctor = Examine(image);
        if (parsed.GetValue(Json))
        {
            session.Out.WriteLine(JsonSerializer.Serialize(
                [.. doctor.Findings.Select(finding => new ToldFinding(
                    finding.Code, finding.Message, finding.Explanation, finding.Remedy, finding.Repair is not null))],
                FindingJson.Default.ToldFindingArray));
        }
        else
        {
            Tell(session.Out, image, doctor);
        }

        return doctor.Findings.Count == 0 ? ExitCode.Success : parsed.GetValue(Fix) ? Repair(session, image, doctor) : ExitCode.Failure;
    }

    private static DiskDoctor Examine(string image)
    {
        using RawDisk disk = RawDisk.Open(image);
        return DiskDoctor.Examine(disk);
    }

    private static void Tell(TextWriter output, string image, DiskDoctor doctor)
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
            : $"{doctor.Findings.Count} found; `dom doctor --fix {ShellWords.Join([image])}` repairs {repairable} of them");
    }

    private static int Repair(Session session, string image, DiskDoctor doctor)
    {
        Finding[] repairable = [.. doctor.Findings.Where(finding => finding.Repair is not null)];
        if (repairable.Length > 0)
        {
            using DiskSurgery surgery = DiskSurgery.Begin(image);
            string undo = surgery.Repair();
            session.Out.WriteLine($"repaired: {string.Join(", ", repairable.Select(finding => finding.Code).Distinct())}");
            session.Out.WriteLine($"`dom doctor --undo` puts everything back as long as the guest has not run; what it needs is in {undo}");
        }

        DiskDoctor after = Examine(image);
        foreach (Finding finding in after.Findings)
        {
            session.Warn(new Problem(finding.Code, $"still so: {finding.Message}", Hint: finding.Remedy));
        }

        return after.Findings.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }
}
