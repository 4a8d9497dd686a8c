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

    /// <summary>Busy time of all processors: user, nice, system, irq and softirq of <c>/proc/stat</c>.</summary>
    private static double CpuSeconds()
    {
        string[] words = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int[] busy = [1, 2, 3, 6, 7];
        return busy.Where(i => i < words.Length).Sum(i => long.Parse(words[i], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }
}
