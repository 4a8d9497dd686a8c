// SPDX-License-Identifier: MIT
namespace Domovoi.Toolstack.Doctor.Examinations;

/// <summary>Whether the guest will have its devices: something that makes them, and the pseudo-terminals ssh needs.</summary>
internal static class DeviceExamination
{
    private static readonly string[] s_makers =
    [
        "/lib/systemd/systemd-udevd", "/usr/lib/systemd/systemd-udevd", "/sbin/udevd", "/lib/udev/udevd", "/usr/sbin/udevd", "/sbin/mdev", "/sbin/hotplug2",
    ];

    private const string VcpuRules = "/etc/udev/rules.d/80-xen-vcpu.rules";
    private const string VcpuRule =
        "# A vCPU that the toolstack has added is used at once.\n"
        + "SUBSYSTEM==\"cpu\", ACTION==\"add\", TEST==\"online\", ATTR{online}==\"0\", ATTR{online}=\"1\"\n";

    private static readonly string[] s_ruleFolders = ["/etc/udev/rules.d", "/lib/udev/rules.d", "/usr/lib/udev/rules.d"];

    internal static IEnumerable<Finding> Examine(Patient patient)
    {
        if (!s_makers.Any(patient.Files.Exists))
        {
            yield return new Finding(
                "no-udev", "udev is not installed",
                "nobody makes /dev/hvc0, the disks and /dev/ptmx, or loads drivers for what is there; ssh says `PTY allocation request failed`.",
                "make the devices that a Xen guest needs in /dev; `apt-get install udev` in the guest is the whole remedy", MakeDevices);
        }

        if (!patient.HasSystemd && !MountsDevpts(patient))
        {
            yield return new Finding(
                "no-devpts", "nothing mounts /dev/pts: there is no devpts in /etc/fstab",
                "without it nobody gets a terminal: ssh says `PTY allocation request failed`, and screen and script fail.",
                "add devpts to /etc/fstab", plan => plan.Append("/etc/fstab", "devpts /dev/pts devpts gid=5,mode=620 0 0\n"));
        }

        string[] rules = [.. s_ruleFolders.SelectMany(folder => patient.Files.List(folder).Select(name => $"{folder}/{name}"))];
        if (s_makers.Any(patient.Files.Exists) && rules.Length > 0 && !rules.Any(file => BringsProcessorsOnline(patient, file)))
        {
            yield return new Finding(
                "vcpu-offline", "no rule of udev brings a vCPU online that is added while the guest runs",
                "after `dom vcpu-set` the guest has the vCPU and does not use it, until somebody writes 1 to /sys/devices/system/cpu/cpuN/online.",
                $"add {VcpuRules}", plan => plan.Write(VcpuRules, VcpuRule));
        }
    }

    private static bool BringsProcessorsOnline(Patient patient, string file) => patient.Files.ReadText(file) is { } text
        && text.Contains("SUBSYSTEM==\"cpu\"", StringComparison.Ordinal) && text.Contains("ATTR{online}=\"1\"", StringComparison.Ordinal);

    /// <summary>fstab, or one of Debian's scripts of the first runlevel, which is linked there.</summary>
    private static bool MountsDevpts(Patient patient) =>
        patient.Lines("/etc/fstab").Any(line => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is [_, "/dev/pts", "devpts", ..])
        || patient.Files.List("/etc/rcS.d").Any(name => name.StartsWith('S') && name.EndsWith("mountdevsubfs.sh", StringComparison.Ordinal))
        || patient.Files.Exists("/etc/init/mounted-dev.conf") || patient.Files.Exists("/etc/init.d/devfs");

    private static void MakeDevices(RepairPlan plan)
    {
        plan.CharacterDevice("/dev/console", 5, 1, 0x180);
        plan.CharacterDevice("/dev/hvc0", 229, 0, 0x180);
        plan.CharacterDevice("/dev/ptmx", 5, 2, 0x1B6);
        plan.CharacterDevice("/dev/tty", 5, 0, 0x1B6);
        plan.CharacterDevice("/dev/null", 1, 3, 0x1B6);
        plan.CharacterDevice("/dev/zero", 1, 5, 0x1B6);
        plan.CharacterDevice("/dev/random", 1, 8, 0x1B6);
        plan.CharacterDevice("/dev/urandom", 1, 9, 0x1B6);
        plan.Write("/dev/pts/.keep", "");
    }
}
