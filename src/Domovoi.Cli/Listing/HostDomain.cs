// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Toolstack.Configuration;

namespace Domovoi.Cli.Listing;

/// <summary>The host as a row of the list, as on Xen.</summary>
internal static class HostDomain
{
    internal const string Name = "Domain-0";

    /// <summary>USER_HZ, which Linux fixes for programs on x86.</summary>
    private const double TicksPerSecond = 100;

    internal static ListedDomain Read() => new(
        Name, Id: 0, HostMemory.TotalMiB(), Environment.ProcessorCount, State: "r-----", CpuSeconds(), Alive: true);

    /// <summary>Busy time of each processor.</summary>
    internal static IReadOnlyDictionary<int, double> SecondsByProcessor() => File.ReadLines("/proc/stat")
        .Where(static line => line.StartsWith("cpu", StringComparison.Ordinal) && line is not ['c', 'p', 'u', ' ', ..])
        .ToDictionary(static line => int.Parse(line[3..line.IndexOf(' ')], CultureInfo.InvariantCulture), BusySeconds);

    /// <summary>Busy time of all processors.</summary>
    private static double CpuSeconds() => BusySeconds(File.ReadLines("/proc/stat").First());

    /// <summary>User, nice, system, irq and softirq of a line of <c>/proc/stat</c>.</summary>
    private static double BusySeconds(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int[] busy = [1, 2, 3, 6, 7];
        return busy.Where(i => i < words.Length).Sum(i => long.Parse(words[i], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }
}
