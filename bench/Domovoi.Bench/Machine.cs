// SPDX-License-Identifier: MIT
namespace Domovoi.Bench;

/// <summary>What a machine is asked to run.</summary>
/// <param name="Part">Which part; <c>boot</c> has a ramdisk of its own.</param>
/// <param name="Vcpus">Its processors.</param>
/// <param name="Only">Names of the works to run, separated by commas; empty for all.</param>
internal sealed record Order(Part Part, int Vcpus, string Only)
{
    internal string KernelArguments =>
        $"quiet panic=-1 bench.part={Part.Name} bench.argument={Part.ArgumentFor(Vcpus)}" + (Only.Length > 0 ? $" bench.only={Only}" : "");
}

/// <summary>The ways to run the guest's programs: a command with the console on its stdout.</summary>
internal sealed class Machine(GuestFiles files, string dom, string folder)
{
    internal const string Qemu = "qemu", Microvm = "microvm", Ours = "domovoi", Native = "native";

    internal string DomainName { get; } = $"bench-{Environment.ProcessId}";

    internal string Dom => dom;

    internal string[] CommandFor(string machine, Order order) => machine switch
    {
        Qemu => [.. QemuCommand("pc", files.Kernel, order)],

        // QEMU's smallest machine, entered by the PVH note of the unpacked kernel. Without ACPI: with it, this kernel waits for a timer that is not there.
        Microvm => [.. QemuCommand("microvm,pit=on,pic=on,rtc=on,isa-serial=on,acpi=off", files.UnpackedKernel, order)],
        Ours => [dom, "create", WriteConfiguration(order), "-c"],
        Native => [Path.Combine(files.Tree, "bin/busybox"), "sh", "parts", order.Part.Name, order.Part.ArgumentFor(order.Vcpus)],
        _ => throw new ArgumentOutOfRangeException(nameof(machine)),
    };

    /// <summary>What the programs find on the host and in a guest alike.</summary>
    internal IReadOnlyDictionary<string, string> Environs(Order order)
    {
        string work = Path.Combine(folder, "work");
        Directory.CreateDirectory(work);
        Dictionary<string, string> all = new() { ["WORK"] = work, ["ONLY"] = order.Only, ["EXITS"] = "syscall" };
        if (order.Part.TranslatesAnew)
        {
            string cache = Path.Combine(folder, "cache");
            if (Directory.Exists(cache))
            {
                Directory.Delete(cache, recursive: true);
            }

            all.Add("XDG_CACHE_HOME", cache);
        }

        return all;
    }

    internal string FolderOf(string machine) => machine == Native ? files.Tree : folder;

    private string Ramdisk(Order order) => order.Part.Name == "boot" ? files.BootRamdisk : files.Ramdisk;

    private IEnumerable<string> QemuCommand(string machine, string kernel, Order order) =>
    [
        "qemu-system-x86_64", "-accel", "tcg", "-M", machine, "-cpu", "max", "-smp", $"{order.Vcpus}", "-m", $"{order.Part.Memory}",
        "-kernel", kernel, "-initrd", Ramdisk(order), "-append", $"console=ttyS0 {order.KernelArguments}",
        "-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio", "-no-reboot",
    ];

    private string WriteConfiguration(Order order)
    {
        string path = Path.Combine(folder, "bench.cfg");
        File.WriteAllText(
            path,
            $"""
            name = "{DomainName}"
            type = "pv"
            kernel = "{files.Kernel}"
            ramdisk = "{Ramdisk(order)}"
            memory = {order.Part.Memory}
            vcpus = {order.Vcpus}
            extra = "console=hvc0 {order.KernelArguments}"
            on_reboot = "destroy"
            on_crash = "destroy"

            """);
        return path;
    }
}
