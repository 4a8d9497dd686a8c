// SPDX-License-Identifier: MIT
using Domovoi.GuestDisks.Grub;
using Domovoi.KernelImages;
using Domovoi.Toolstack.Provisioning;

namespace Domovoi.Toolstack.Doctor.Examinations;

/// <summary>Whether the initial ramdisk can reach the disk: the driver of Xen's disks, in the kernel or as a module.</summary>
internal static class InitramfsExamination
{
    private const long Largest = 512 << 20;
    private const string Driver = "xen-blkfront";
    private static readonly string[] s_endings = [".ko", ".ko.xz", ".ko.zst", ".ko.gz"];

    internal static IEnumerable<Finding> Examine(Patient patient)
    {
        if (patient.DefaultLoad is not { Ramdisks.Count: > 0 } load)
        {
            yield break;
        }

        string version = KernelExamination.VersionOf(load.Kernel);
        BootFile file = load.Ramdisks[^1];
        if (IsBuiltIn(patient, version) || patient.Files.ReadBytes(file.Path, Largest) is not { } bytes)
        {
            yield break;
        }

        Initramfs? ramdisk = null;
        string? damage = null;
        try
        {
            ramdisk = Initramfs.Read(bytes);
        }
        catch (KernelImageException e)
        {
            damage = e.Message;
        }

        if (ramdisk is null)
        {
            yield return new Finding("initramfs-damaged", $"{file.Path} cannot be unpacked: {damage}", "the kernel will not find its root file system.", "run update-initramfs -u in the guest", null);
        }
        else if (!ramdisk.Names.Any(IsDriver))
        {
            yield return Missing(patient, version, file.Path, ramdisk);
        }
    }

    private static Finding Missing(Patient patient, string version, string path, Initramfs ramdisk)
    {
        string modules = $"/lib/modules/{version}";
        string? driver = FindDriver(patient, modules);
        const string Why = "the kernel waits for its root disk for ever: `ALERT! … does not exist. Dropping to a shell!`";
        return driver is null
            ? new Finding("initramfs-no-driver", $"{path} has no {Driver}, and neither has {modules}", Why, "install a kernel with Xen's drivers: Debian's linux-image-amd64", null)
            : new Finding(
                "initramfs-no-driver", $"{path} has no {Driver}, the driver of Xen's disks", Why,
                $"add {Driver} from {modules} to it, and to /etc/initramfs-tools/modules for the next one",
                plan => Add(plan, patient, modules, driver, path, ramdisk));
    }

    /// <summary>The driver, and the tables by which modprobe finds it: those of the file system, which know all modules.</summary>
    private static void Add(RepairPlan plan, Patient patient, string modules, string driver, string path, Initramfs ramdisk)
    {
        using MemoryStream added = new();
        using (CpioArchive archive = new(added))
        {
            string folder = ramdisk.Names.Any(name => name.StartsWith("usr/lib/modules/", StringComparison.Ordinal)) ? "usr" + modules : modules[1..];
            archive.AddFile(folder + driver[modules.Length..], patient.Files.ReadBytes(driver, Largest));
            foreach (string table in patient.Files.List(modules).Where(name => name.StartsWith("modules.", StringComparison.Ordinal)))
            {
                archive.AddFile($"{folder}/{table}", patient.Files.ReadBytes($"{modules}/{table}", Largest) ?? []);
            }
        }

        using MemoryStream whole = new();
        ramdisk.WriteWith(added.ToArray(), whole);
        plan.Write(path, whole.ToArray());
        if (patient.Files.Exists("/etc/initramfs-tools/modules"))
        {
            plan.Append("/etc/initramfs-tools/modules", $"# The disks of a Xen guest.\n{Driver}\n");
        }
    }

    private static string? FindDriver(Patient patient, string modules) => s_endings
        .SelectMany(ending => new[] { $"{modules}/kernel/drivers/block/{Driver}{ending}", $"{modules}/kernel/drivers/xen/blkfront/{Driver}{ending}" })
        .FirstOrDefault(patient.Files.Exists);

    private static bool IsBuiltIn(Patient patient, string version) =>
        (patient.Files.ReadText($"/boot/config-{version}") ?? "").Contains("\nCONFIG_XEN_BLKDEV_FRONTEND=y", StringComparison.Ordinal)
        || (patient.Files.ReadText($"/lib/modules/{version}/modules.builtin") ?? "").Contains($"/{Driver}.ko", StringComparison.Ordinal);

    private static bool IsDriver(string name)
    {
        string file = name[(name.LastIndexOf('/') + 1)..].Replace('_', '-');
        return s_endings.Any(ending => file == Driver + ending);
    }
}
