// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Linux;

/// <summary>What a descriptor can be waited for, as poll(2) counts them.</summary>
[Flags]
public enum PollEvents : short
{
    None = 0,
    In = 1,
    Priority = 2,
    Out = 4,
    Error = 8,
    HangUp = 16,
}

/// <summary>poll(2) on a list of descriptors that is written anew for each wait, without allocating. Belongs to one thread.</summary>
public sealed unsafe partial class PollSet
{
    private const int EINTR = 4;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private PollDescriptor[] _descriptors = GC.AllocateArray<PollDescriptor>(16, pinned: true);
    private int _count;

    public void Clear() => _count = 0;

    /// <returns>The place to ask <see cref="Result"/> about after the wait.</returns>
    public int Add(int descriptor, PollEvents events)
    {
        if (_count == _descriptors.Length)
        {
            PollDescriptor[] larger = GC.AllocateArray<PollDescriptor>(_count * 2, pinned: true);
            _descriptors.CopyTo(larger, 0);
            _descriptors = larger;
        }

        _descriptors[_count] = new PollDescriptor { Descriptor = descriptor, Events = events };
        return _count++;
    }

    /// <summary>What has happened to a descriptor; errors are told without having been asked for.</summary>
    public PollEvents Result(int place) => (uint)place < (uint)_count ? _descriptors[place].Result : PollEvents.None;

    /// <summary>Waits for any of them; a signal ends the wait early.</summary>
    /// <param name="longest"><see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <returns>How many are ready.</returns>
    public int Wait(TimeSpan longest)
    {
        TimeSpec time = default;
        bool isBounded = longest != Timeout.InfiniteTimeSpan;
        if (isBounded)
        {
            long nanoseconds = Math.Max(0, longest.Ticks) * 100;
            time = new TimeSpec(nanoseconds / NanosecondsPerSecond, nanoseconds % NanosecondsPerSecond);
        }

        // SAFETY: the array is pinned and holds _count entries; the kernel writes results into them before it returns.
        fixed (PollDescriptor* first = _descriptors)
        {
            int ready = ppoll(first, (nuint)_count, isBounded ? &time : null, 0);
            if (ready >= 0)
            {
                return ready;
            }
        }

        int error = Marshal.GetLastPInvokeError();
        for (int i = 0; i < _count; i++)
        {
            _descriptors[i].Result = PollEvents.None;
        }

        return error == EINTR ? 0 : throw new LinuxException(nameof(ppoll), error);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ppoll(PollDescriptor* fds, nuint nfds, TimeSpec* timeout, nint sigmask);

    private struct PollDescriptor
    {
        public int Descriptor;
        public PollEvents Events;
        public PollEvents Result;
    }

    private readonly record struct TimeSpec(long Seconds, long Nanoseconds);
}
