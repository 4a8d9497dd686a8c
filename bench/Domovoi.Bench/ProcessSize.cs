// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Domovoi.Bench;

/// <summary>Resident size from /proc: a page mapped twice in one process counts once (Pss), shared memory included.</summary>
internal static class ProcessSize
{
    /// <summary>Of the process that holds the guest.</summary>
    internal static double MebibytesOf(int process)
    {
        string rollup = $"/proc/{process}/smaps_rollup";
        return Field(rollup, "Pss:") ?? SumOfMaps(process) ?? Field($"/proc/{process}/status", "VmRSS:")
            ?? throw new InvalidOperationException($"/proc/{process} tells no size.");
    }

    /// <summary>The <c>domovoi-vm</c> of a domain, as <c>dom info</c> says.</summary>
    internal static int OfDomain(string dom, string name) =>
        int.Parse(
            Command.Run(dom, "info", name).Split('\n').First(line => line.StartsWith("process ", StringComparison.Ordinal)).Split(':')[1],
            CultureInfo.InvariantCulture);

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
