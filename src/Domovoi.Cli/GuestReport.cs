// SPDX-License-Identifier: MIT
using Domovoi.Toolstack.Configuration;
using Domovoi.Toolstack.Configuration.Disks;
using Domovoi.Toolstack.Networks;

namespace Domovoi.Cli;

/// <summary>A configuration as it was understood, written so that it can be read back.</summary>
internal static class GuestReport
{
    internal static void Write(TextWriter output, GuestConfiguration guest)
    {
        output.WriteLine($"name = {Quoting.Text(guest.Name)}");
        output.WriteLine("type = \"pv\"");
        output.WriteLine($"uuid = \"{guest.Uuid}\"");
        output.WriteLine(guest.Bootloader is null ? $"kernel = {Quoting.Text(guest.Kernel)}" : "bootloader = \"pygrub\"");
        if (guest.Ramdisk is { } ramdisk)
        {
            output.WriteLine($"ramdisk = {Quoting.Text(ramdisk)}");
        }

        output.WriteLine($"cmdline = {Quoting.Text(guest.CommandLine)}");
        output.WriteLine($"memory = {guest.MemoryMiB}");
        output.WriteLine($"maxmem = {guest.MaxMemoryMiB}");
        output.WriteLine($"vcpus = {guest.Vcpus}");
        if (guest.MaxVcpus != guest.Vcpus)
        {
            output.WriteLine($"maxvcpus = {guest.MaxVcpus}");
        }

        WriteAffinity(output, "cpus", [.. guest.Affinities.Select(static a => a.Hard)]);
        WriteAffinity(output, "cpus_soft", [.. guest.Affinities.Select(static a => a.Soft)]);
        if (guest.Vifs.Count > 0)
        {
            output.WriteLine($"vif = [ {string.Join(", ", guest.Vifs.Select(static vif => Quoting.Text(VifText.Of(vif))))} ]");
        }

        if (guest.Disks.Count > 0)
        {
            output.WriteLine($"disk = [ {string.Join(", ", guest.Disks.Select(static disk => Quoting.Text(DiskText.Of(disk))))} ]");
            output.WriteLine($"disk_error = \"{guest.OnDiskError.ToString().ToLowerInvariant()}\"");
        }

        if (!guest.KeepsTranslations)
        {
            output.WriteLine("translation_cache = 0");
        }

        output.WriteLine($"on_poweroff = \"{GuestConfigurationReader.NameOf(guest.OnPowerOff)}\"");
        output.WriteLine($"on_reboot = \"{GuestConfigurationReader.NameOf(guest.OnReboot)}\"");
        output.WriteLine($"on_crash = \"{GuestConfigurationReader.NameOf(guest.OnCrash)}\"");
    }

    private static void WriteAffinity(TextWriter output, string key, IReadOnlyList<IReadOnlyList<int>?> perVcpu)
    {
        if (perVcpu.Any(static cpus => cpus is not null))
        {
            output.WriteLine($"{key} = [ {string.Join(", ", perVcpu.Select(static cpus => Quoting.Text(cpus is null ? "all" : CpuList.Show(cpus))))} ]");
        }
    }
}
