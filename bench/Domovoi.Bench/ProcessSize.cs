// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Domovoi.Bench;

/// <summary>Resident size from /proc: a page mapped twice in one process counts once (Pss), shared memory included.</summary>
internal static class ProcessSize
{
    /// <summary>Of the process that holds the guest: QEMU itself, or the one <c>domovoi-vm</c> that runs now.</summary>
    internal static double MebibytesOf(string machine, int started)
    {
        int process = machine == "domovoi" ? FindDomainProcess() : started;
        string rollup = $"/proc/{process}/smaps_rollup";
        return Field(rollup, "Pss:") ?? SumOfMaps(process) ?? Field($"/proc/{process}/status", "VmRSS:")
            ?? throw new InvalidOperationException($"/proc/{process} tells no size.");
    }

    private static int FindDomainProcess() =>
        Directory.EnumerateDirectories("/proc")
            .Select(Path.GetFileName)
            .Where(name => int.TryParse(name, out _))
            .Select(name => int.Parse(name!, CultureInfo.InvariantCulture))
            .Where(process => CommandLine(process).Contains("domovoi-vm", StringComparison.Ordinal))
            .Max();

    private static string CommandLine(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Split('\0')[0];
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static double? Field(string file, string name)
    {
        if (!File.Exists(file))
        {
            return null;
        }

        string? line = File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line is null ? null : Kibibytes(line) / 1024;
    }

    private static double? SumOfMaps(int process)
    {
        string file = $"/proc/{process}/smaps";
        double sum = !File.Exists(file)
            ? 0
            : File.ReadLines(file).Where(line => line.StartsWith("Pss:", StringComparison.Ordinal)).Sum(Kibibytes);
        return sum > 0 ? sum / 1024 : null;
    }

    private static double Kibibytes(string line) =>
        double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
