// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Domovoi.Toolstack.Configuration;

/// <summary>The memory of this machine, from <c>/proc/meminfo</c>.</summary>
public static class HostMemory
{
    public static long TotalMiB()
    {
        foreach (string line in File.ReadLines("/proc/meminfo"))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is ["MemTotal:", var kib, ..] && long.TryParse(kib, NumberStyles.None, CultureInfo.InvariantCulture, out long n))
            {
                return n >> 10;
            }
        }

        return long.MaxValue >> 20;
    }
}
