// SPDX-License-Identifier: MIT
namespace Domovoi.Bench;

/// <summary>One way to run the guest: a name for the table, and the command that starts it with its console on stdout.</summary>
internal sealed record Machine(string Name, Func<string, string[]> CommandFor)
{
    internal const int MemoryInMiB = 512;
    private const string KernelArguments = "quiet panic=-1";

    /// <summary>The <c>pc</c> machine, the way most people start a kernel.</summary>
    internal static Machine QemuPc(GuestFiles files) => new(
        "qemu-pc",
        ramdisk => [.. Qemu("pc", files.Kernel, ramdisk)]);

    /// <summary>QEMU's smallest machine, entered by the PVH note of the unpacked kernel.</summary>
    /// <remarks>Without ACPI: with it, this kernel waits for a timer that the machine does not have.</remarks>
    internal static Machine QemuMicrovm(GuestFiles files) => new(
        "qemu-microvm",
        ramdisk => [.. Qemu("microvm,pit=on,pic=on,rtc=on,isa-serial=on,acpi=off", files.UnpackedKernel, ramdisk)]);

    /// <summary>Ours, through the same command that a person types.</summary>
    internal static Machine Domovoi(GuestFiles files, string dom, string folder) => new(
        "domovoi",
        ramdisk => [dom, "create", WriteConfiguration(files, ramdisk, folder), "-c"]);

    private static IEnumerable<string> Qemu(string machine, string kernel, string ramdisk) =>
    [
        "qemu-system-x86_64", "-accel", "tcg", "-M", machine, "-cpu", "max", "-smp", "1", "-m", $"{MemoryInMiB}",
        "-kernel", kernel, "-initrd", ramdisk, "-append", $"console=ttyS0 {KernelArguments}",
        "-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio", "-no-reboot",
    ];

    private static string WriteConfiguration(GuestFiles files, string ramdisk, string folder)
    {
        string path = Path.Combine(folder, "bench.cfg");
        File.WriteAllText(
            path,
            $"""
            name = "bench-{Environment.ProcessId}"
            type = "pv"
            kernel = "{files.Kernel}"
            ramdisk = "{ramdisk}"
            memory = {MemoryInMiB}
            extra = "console=hvc0 {KernelArguments}"
            on_reboot = "destroy"
            on_crash = "destroy"

            """);
        return path;
    }
}
