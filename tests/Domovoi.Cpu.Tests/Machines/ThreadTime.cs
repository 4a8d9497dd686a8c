// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Domovoi.Cpu.Tests.Machines;

/// <summary>How long the calling thread has been running on a processor.</summary>
internal static class ThreadTime
{
    private const int UserField = 11;                       // utime, the 14th of /proc/PID/stat, counted from behind the name
    private const int TicksPerSecond = 100;                 // USER_HZ

    internal static TimeSpan Now()
    {
        string stat = File.ReadAllText("/proc/thread-self/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        long ticks = long.Parse(fields[UserField], CultureInfo.InvariantCulture) + long.Parse(fields[UserField + 1], CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds((double)ticks / TicksPerSecond);
    }
}
