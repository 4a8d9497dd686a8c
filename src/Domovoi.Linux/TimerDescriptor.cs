// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Domovoi.Linux;

/// <summary>timerfd(2): a timer that one thread sleeps on while others set it, for the price of a short system call.</summary>
public sealed partial class TimerDescriptor : IDisposable
{
    private const int CLOCK_MONOTONIC = 1;
    private const int TFD_CLOEXEC = 0x80000;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private readonly SafeFileHandle _handle;

    public TimerDescriptor()
    {
        int descriptor = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
        _handle = descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw LinuxException.FromLastError(nameof(timerfd_create));
    }

    /// <summary>Goes off once, after <paramref name="nanoseconds"/>; what was set before is forgotten. Any thread.</summary>
    /// <param name="nanoseconds">0 or less: now. <see cref="long.MaxValue"/>: not at all.</param>
    public void Set(long nanoseconds)
    {
        TimerSetting setting = default;                     // all zero: not at all
        if (nanoseconds != long.MaxValue)
        {
            nanoseconds = Math.Max(1, nanoseconds);
            setting = new TimerSetting(0, 0, nanoseconds / NanosecondsPerSecond, nanoseconds % NanosecondsPerSecond);
        }

        if (timerfd_settime(_handle, 0, in setting, 0) != 0)
        {
            throw LinuxException.FromLastError(nameof(timerfd_settime));
        }
    }

    /// <summary>Sleeps until it goes off, or a signal comes.</summary>
    public void Wait()
    {
        ulong count = 0;
        _ = read(_handle, ref count, sizeof(ulong));
    }

    public void Dispose() => _handle.Dispose();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int timerfd_create(int clockid, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int timerfd_settime(SafeFileHandle fd, int flags, in TimerSetting new_value, nint old_value);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(SafeFileHandle fd, ref ulong buffer, nuint count);

    /// <summary><c>struct itimerspec</c></summary>
    private readonly record struct TimerSetting(long IntervalSeconds, long IntervalNanoseconds, long Seconds, long Nanoseconds);
}
