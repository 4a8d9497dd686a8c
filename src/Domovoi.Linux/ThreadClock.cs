// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Linux;

/// <summary>clock_gettime(2) of one thread's processor time; any thread of the process may ask.</summary>
public sealed partial class ThreadClock
{
    private const int PerThread = 4;                        // CPUCLOCK_PERTHREAD_MASK of linux/posix-timers.h
    private const int Scheduler = 2;                        // CPUCLOCK_SCHED

    private readonly int _clock;
    private long _last;

    private ThreadClock(int thread) => _clock = (~thread << 3) | PerThread | Scheduler;

    /// <summary>Processor time used so far; what it last was when the thread has ended.</summary>
    public long Nanoseconds
    {
        get
        {
            if (clock_gettime(_clock, out Timespec time) == 0)
            {
                Volatile.Write(ref _last, (time.Seconds * 1_000_000_000) + time.Nanoseconds);
            }

            return Volatile.Read(ref _last);
        }
    }

    /// <summary>The clock of the calling thread.</summary>
    public static ThreadClock OfCurrentThread() => new(ThreadAffinity.CurrentThread);

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, out Timespec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        internal long Seconds;
        internal long Nanoseconds;
    }
}
