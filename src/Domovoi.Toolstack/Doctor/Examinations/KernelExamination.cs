// SPDX-License-Identifier: MIT
using Domovoi.GuestDisks.Grub;

namespace Domovoi.Toolstack.Doctor.Examinations;

/// <summary>Whether there is a kernel to boot, and whether it was built for Xen's paravirtualization.</summary>
internal static class KernelExamination
{
    internal static IEnumerable<Finding> Examine(Patient patient)
    {
        if (patient.Menu is null)
        {
            yield return new Finding(
                "no-boot-menu", "there is no boot menu: no grub.cfg and no menu.lst",
                "bootloader=\"pygrub\" finds nothing to boot; kernel= and ramdisk= in the configuration still work.",
                "in the guest: apt-get install linux-image-amd64 grub-xen, then update-grub", null);
            yield break;
        }

        if (patient.DefaultLoad is not { } load)
        {
            yield return new Finding(
                "no-kernel", $"the default entry of {patient.Menu.Source} loads no Linux kernel", "there is nothing to boot.", "run update-grub in the guest", null);
            yield break;
        }

        string version = VersionOf(load.Kernel);
        string? configuration = patient.Files.ReadText($"/boot/config-{version}");
        if (configuration is not null && !configuration.Contains("\nCONFIG_XEN=y", StringComparison.Ordinal)
            && !configuration.Contains("\nCONFIG_XEN_PV=y", StringComparison.Ordinal))
        {
            yield return new Finding(
                "kernel-not-pv", $"the kernel {load.Kernel.Path} was built without CONFIG_XEN_PV", "it cannot run as a Xen PV guest.",
                "install a kernel that can: Debian's linux-image-amd64, or set kernel= in the configuration", null);
        }
    }

    /// <summary><c>/boot/vmlinuz-6.1.0-9-amd64</c> is of 6.1.0-9-amd64.</summary>
    internal static string VersionOf(BootFile kernel)
    {
        string name = kernel.Path[(kernel.Path.LastIndexOf('/') + 1)..];
        int dash = name.IndexOf('-', StringComparison.Ordinal);
        return dash < 0 ? name : name[(dash + 1)..];
    }
}
