// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Linux;
using Domovoi.Toolstack.Images;
using Domovoi.Toolstack.Provisioning;

namespace Domovoi.Toolstack.Host;

/// <summary>Tries what guests can make use of on this machine, as the user who asks. Changes nothing.</summary>
public static class HostCheck
{
    private const int NetAdmin = 12;                        // CAP_NET_ADMIN, linux/capability.h
    private const long LeastMemoryMiB = 256;

    private static readonly (string Program, string Package, string Purpose)[] s_tools =
    [
        ("mke2fs", "e2fsprogs", "dom image build, dom doctor"),
        ("mmdebstrap", "mmdebstrap", "dom image build (debootstrap will do)"),
        ("qemu-nbd", "qemu-utils", "qcow2, VHD and VMDK disks"),
        ("apt-get", "apt", "dom try"),
    ];

    public static IReadOnlyList<HostAbility> Run() => [Kvm(), Nat(), Tun(), Bridges(), UserNamespaces(), Memory(), ControlGroups(), Tools()];

    private static HostAbility Kvm()
    {
        const string Purpose = "hardware virtualization; Domovoi does not need it";
        return !File.Exists("/dev/kvm") ? new HostAbility("kvm", false, "/dev/kvm is not there: no VT-x or AMD-V, or a virtual machine without nesting", Purpose)
            : CanOpen("/dev/kvm", out string why) ? new HostAbility("kvm", true, "/dev/kvm can be opened", Purpose)
            : new HostAbility("kvm", false, $"/dev/kvm cannot be opened: {why}", Purpose, "add yourself to its group: usermod -aG kvm USER");
    }

    private static HostAbility Nat()
    {
        const string Purpose = "the network of guests that ask for none of this machine's: NAT, with DHCP and DNS";
        return SlirpLibrary.IsInstalled
            ? new HostAbility("nat", true, $"{SlirpLibrary.FileName} can be loaded", Purpose)
            : new HostAbility("nat", false, $"{SlirpLibrary.FileName} is not installed", Purpose, "apt-get install libslirp0");
    }

    private static HostAbility Tun()
    {
        const string Purpose = "TAP interfaces for guests on bridges; without it they have the user-space NAT network";
        return !File.Exists("/dev/net/tun") ? new HostAbility("tun", false, "/dev/net/tun is not there", Purpose, "as root: modprobe tun; in a container, give it the device")
            : !CanOpen("/dev/net/tun", out string why) ? new HostAbility("tun", false, $"/dev/net/tun cannot be opened: {why}", Purpose, "run as root")
            : HasCapability(NetAdmin) ? new HostAbility("tun", true, "/dev/net/tun can be opened, with CAP_NET_ADMIN", Purpose)
            : new HostAbility("tun", false, "/dev/net/tun can be opened, but CAP_NET_ADMIN is missing", Purpose, "run as root, or give dom the capability");
    }

    private static HostAbility Bridges()
    {
        const string Purpose = "vif=['bridge=…']: guests on the network of this machine";
        string[] found = [.. Directory.EnumerateDirectories("/sys/class/net").Where(path => Directory.Exists($"{path}/bridge")).Select(path => Path.GetFileName(path)!)];
        string detail = found.Length == 0 ? "there is no bridge" : $"there is {string.Join(", ", found)}";
        return found.Length > 0 && HasCapability(NetAdmin) ? new HostAbility("bridges", true, detail, Purpose)
            : found.Length == 0 ? new HostAbility("bridges", false, detail, Purpose, "as root: dom host setup makes xenbr0")
            : new HostAbility("bridges", false, detail + ", but CAP_NET_ADMIN is missing to add guests to it", Purpose, "run as root");
    }

    private static HostAbility UserNamespaces()
    {
        const string Purpose = "dom image build as an ordinary user";
        string limit = Read("/proc/sys/user/max_user_namespaces") ?? "?";
        string[] command = ["unshare", "--user", "--map-root-user", "true"];
        if (HostPrograms.Find("unshare") is null)
        {
            return new HostAbility("user-namespaces", false, "unshare is missing", Purpose, "apt-get install util-linux");
        }

        (int code, _, string errors) = HostTool.Run(command[0], command[1..], "/");
        return code == 0
            ? new HostAbility("user-namespaces", true, $"they can be made (at most {limit})", Purpose)
            : new HostAbility(
                "user-namespaces", false, $"they cannot be made: {errors.Trim()}", Purpose,
                limit == "0" ? "as root: sysctl user.max_user_namespaces=10000"
                    : Read("/proc/sys/kernel/unprivileged_userns_clone") == "0" ? "as root: sysctl kernel.unprivileged_userns_clone=1"
                    : Read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1" ? "as root: sysctl kernel.apparmor_restrict_unprivileged_userns=0"
                    : "a container may forbid them: allow unshare(2) in its seccomp profile");
    }

    private static HostAbility Memory()
    {
        long available = Available("/proc/meminfo");
        string? group = Read("/sys/fs/cgroup/memory.max");
        long limit = long.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) ? bytes >> 20 : long.MaxValue;
        long usable = Math.Min(available, limit);
        string detail = $"{available} MiB are available" + (limit == long.MaxValue ? "" : $", {limit} MiB of them allowed by the control group");
        return new HostAbility(
            "memory", usable >= LeastMemoryMiB, detail, "each guest's memory, and 30 to 60 MiB beside it",
            usable >= LeastMemoryMiB ? null : $"a Debian guest wants {LeastMemoryMiB} MiB: end other programs, or raise the limit");
    }

    private static HostAbility ControlGroups()
    {
        const string Purpose = "limits for guests by systemd-run or a container; Domovoi sets none itself";
        return Read("/sys/fs/cgroup/cgroup.controllers") is { } controllers
            ? new HostAbility("cgroups", controllers.Contains("memory", StringComparison.Ordinal) || controllers.Contains("cpu", StringComparison.Ordinal), $"version 2, with {(controllers.Length > 0 ? controllers : "no controllers here")}", Purpose)
            : Directory.Exists("/sys/fs/cgroup/memory") ? new HostAbility("cgroups", true, "version 1", Purpose)
            : new HostAbility("cgroups", false, "/sys/fs/cgroup is not mounted", Purpose, "mount -t cgroup2 none /sys/fs/cgroup");
    }

    private static HostAbility Tools()
    {
        (string Program, string Package, string Purpose)[] missing = [.. s_tools.Where(tool => HostPrograms.Find(tool.Program) is null)];
        return missing.Length == 0
            ? new HostAbility("tools", true, string.Join(", ", s_tools.Select(tool => tool.Program)) + " are there", "making and repairing disks")
            : new HostAbility(
                "tools", false, "missing: " + string.Join(", ", missing.Select(tool => $"{tool.Program} (for {tool.Purpose})")),
                "making and repairing disks", "apt-get install " + string.Join(' ', missing.Select(tool => tool.Package)));
    }

    private static long Available(string file)
    {
        string? line = File.ReadLines(file).FirstOrDefault(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal));
        string digits = new([.. (line ?? "0").Where(char.IsAsciiDigit)]);
        return long.Parse(digits, CultureInfo.InvariantCulture) >> 10;
    }

    private static bool HasCapability(int number)
    {
        string? line = File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("CapEff:", StringComparison.Ordinal));
        return line is not null && ((ulong.Parse(line["CapEff:".Length..].Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) >> number) & 1) != 0;
    }

    private static bool CanOpen(string path, out string why)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            why = "";
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            why = e is UnauthorizedAccessException ? "permission denied" : e.Message;
            return false;
        }
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
