// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Domovoi.Linux;

/// <summary>epoll(7): a set of descriptors. When one lies in several sets, of each arrival only one sleeper is told, the first set's first.</summary>
/// <remarks>
/// By <c>EPOLLEXCLUSIVE</c>: the sets are asked in the order in which they got the descriptor, and the first in whose <see cref="Wait"/> a thread
/// sleeps ends the search. When no thread sleeps in any, all are told, those too who look at a set's own descriptor by poll(2).
/// </remarks>
public sealed unsafe partial class EventPoll : IDisposable
{
    private const nint SYS_epoll_pwait2 = 441;
    private const int EPOLL_CLOEXEC = 0x80000;
    private const int EPOLL_CTL_ADD = 1;
    private const int EPOLL_CTL_DEL = 2;
    private const uint EPOLLIN = 1;
    private const uint EPOLLEXCLUSIVE = 1u << 28;
    private const uint EPOLLET = 1u << 31;
    private const int EINTR = 4;
    private const int MostAtOnce = 16;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private readonly SafeFileHandle _handle;
    private readonly int _descriptor;

    public EventPoll()
    {
        _descriptor = epoll_create1(EPOLL_CLOEXEC);
        _handle = _descriptor >= 0
            ? new SafeFileHandle(_descriptor, ownsHandle: true)
            : throw LinuxException.FromLastError(nameof(epoll_create1));
    }

    /// <summary>For <see cref="PollSet.Add"/>: readable while one of the set is.</summary>
    public int Descriptor => _descriptor;

    /// <summary>Whether the host can wait to the nanosecond (Linux 5.11).</summary>
    public bool CanWait => Wait([], 0) == 0;

    /// <summary>Waits for a descriptor from now on; one that is readable already counts as an arrival. Any thread.</summary>
    /// <param name="descriptor">A TAP device, a socket, an event.</param>
    /// <param name="onlyArrivals">Told once of each arrival, not as long as there is something to read.</param>
    public void Add(int descriptor, bool onlyArrivals)
    {
        EventEntry entry = new() { Events = EPOLLIN | EPOLLEXCLUSIVE | (onlyArrivals ? EPOLLET : 0), Data = (ulong)descriptor };
        if (epoll_ctl(_handle, EPOLL_CTL_ADD, descriptor, &entry) != 0)
        {
            throw LinuxException.FromLastError(nameof(epoll_ctl));
        }
    }

    /// <summary>No longer waits for it. Not being in the set is no error. Any thread.</summary>
    public void Remove(int descriptor)
    {
        EventEntry entry = default;
        _ = epoll_ctl(_handle, EPOLL_CTL_DEL, descriptor, &entry);
    }

    /// <summary>Sleeps until something arrives or time is up; a signal ends it early. One thread only.</summary>
    /// <param name="ready">Gets the descriptors; when it is filled there may be more.</param>
    /// <param name="nanoseconds"><see cref="long.MaxValue"/> waits for ever.</param>
    /// <returns>How many; less than 0 when the host cannot.</returns>
    public int Wait(Span<int> ready, long nanoseconds)
    {
        EventEntry* entries = stackalloc EventEntry[MostAtOnce];
        TimeSpec time = new(nanoseconds / NanosecondsPerSecond, nanoseconds % NanosecondsPerSecond);
        int most = Math.Clamp(ready.Length, 1, MostAtOnce);

        // SAFETY: room for `most` entries, and the kernel writes no more; the time outlives the call.
        int count = (int)syscall(SYS_epoll_pwait2, _descriptor, entries, most, nanoseconds == long.MaxValue ? null : &time, null, 0);
        if (count < 0)
        {
            return Marshal.GetLastPInvokeError() == EINTR ? 0 : -1;
        }

        for (int index = 0; index < Math.Min(count, ready.Length); index++)
        {
            ready[index] = (int)entries[index].Data;
        }

        return count;
    }

    public void Dispose() => _handle.Dispose();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(SafeFileHandle epfd, int op, int fd, EventEntry* entry);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, int epfd, EventEntry* events, int most, TimeSpec* timeout, void* signals, nuint size);

    /// <summary><c>struct epoll_event</c>, packed on x86-64.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct EventEntry
    {
        public uint Events;
        public ulong Data;
    }

    private readonly record struct TimeSpec(long Seconds, long Nanoseconds);
}
