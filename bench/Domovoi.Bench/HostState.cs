// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Runtime.InteropServices;

namespace Domovoi.Bench;

/// <summary>What the host is, and how much of it others use.</summary>
internal static class HostState
{
    internal static string Describe()
    {
        string model = File.ReadLines("/proc/cpuinfo").First(line => line.StartsWith("model name", StringComparison.Ordinal)).Split(':')[1].Trim();
        string numbers = string.Join(
            '/',
            from field in (string[])["cpu family", "model"]
            select File.ReadLines("/proc/cpuinfo").First(line => line.Split(':')[0].Trim() == field).Split(':')[1].Trim());
        bool virtualized = File.ReadLines("/proc/cpuinfo").Any(line => line.StartsWith("flags", StringComparison.Ordinal) && line.Contains(" hypervisor"));
        string qemu = Command.Run("qemu-system-x86_64", "--version").Split('\n')[0].Replace("QEMU emulator version ", "", StringComparison.Ordinal);
        return $"{Environment.ProcessorCount} processors of an {model} (family/model {numbers}{(virtualized ? ", under a hypervisor" : "")}), "
            + $"{RuntimeInformation.OSDescription.Trim()}, QEMU {qemu}";
    }

    internal static long AvailableMemoryInMiB() => Number(
        File.ReadLines("/proc/meminfo").First(line => line.StartsWith("MemAvailable", StringComparison.Ordinal))) / 1024;

    /// <summary>Watches for half a second in which we do nothing.</summary>
    internal static async Task<double> BusyShareAsync()
    {
        (long busyBefore, long allBefore) = Ticks();
        await Task.Delay(500);
        (long busy, long all) = Ticks();
        return Math.Clamp((double)(busy - busyBefore) / Math.Max(1, all - allBefore), 0, 1);
    }

    /// <summary>proc(5): user, nice, system, idle, iowait, irq, softirq, steal.</summary>
    private static (long Busy, long All) Ticks()
    {
        long[] fields =
        [
            .. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..9]
                .Select(field => long.Parse(field, CultureInfo.InvariantCulture)),
        ];
        long all = fields.Sum();
        return (all - fields[3] - fields[4], all);
    }

    private static long Number(string line) => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
