// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Runtime.InteropServices;

namespace Domovoi.Linux;

/// <summary>sched_setaffinity(2) and sched_getaffinity(2): the processors that a thread may run on, by number.</summary>
public static partial class ThreadAffinity
{
    /// <summary>Processors that a mask here has room for: the most that Linux can be built for on x86-64.</summary>
    public const int MostProcessors = 8192;

    private const long SYS_gettid = 186;
    private const int EINVAL = 22;

    /// <summary>proc_pid_stat(5) counts the fields from 1; the second, the name in parentheses, may hold anything.</summary>
    private const int ProcessorField = 39;

    private const int FieldBehindName = 3;

    /// <summary>The calling thread's number, as in <c>/proc/self/task</c>.</summary>
    public static int CurrentThread => (int)syscall(SYS_gettid);

    /// <exception cref="LinuxException">No such thread, or it may use none of the processors.</exception>
    public static void Set(int thread, IReadOnlyList<int> processors)
    {
        ArgumentNullException.ThrowIfNull(processors);
        byte[] mask = new byte[MostProcessors / 8];
        foreach (int processor in processors)
        {
            if (processor is < 0 or >= MostProcessors)
            {
                throw new LinuxException(nameof(sched_setaffinity), EINVAL);
            }

            mask[processor / 8] |= (byte)(1 << (processor % 8));
        }

        if (sched_setaffinity(thread, (nuint)mask.Length, ref mask[0]) != 0)
        {
            throw LinuxException.FromLastError(nameof(sched_setaffinity));
        }
    }

    /// <summary>What Linux really allows, in rising order; null when the thread is gone.</summary>
    /// <param name="thread">0 for the calling one.</param>
    public static IReadOnlyList<int>? Get(int thread)
    {
        byte[] mask = new byte[MostProcessors / 8];
        return sched_getaffinity(thread, (nuint)mask.Length, ref mask[0]) == 0
            ? [.. Enumerable.Range(0, MostProcessors).Where(processor => (mask[processor / 8] & (1 << (processor % 8))) != 0)]
            : null;
    }

    /// <summary>The processor that ran a thread of this process last; null when it is gone.</summary>
    public static int? LastProcessor(int thread)
    {
        try
        {
            string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{thread}/stat"));
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return int.Parse(fields[ProcessorField - FieldBehindName], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }

    [LibraryImport("libc")]
    private static partial long syscall(long number);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sched_setaffinity(int pid, nuint cpusetsize, ref byte mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sched_getaffinity(int pid, nuint cpusetsize, ref byte mask);
}
