// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Linux;

/// <summary>futex(2): where one thread sleeps, to the nanosecond, until another opens the gate. An opening is kept until the next wait.</summary>
public sealed unsafe partial class FutexGate : IDisposable
{
    private const nint SYS_futex = 202;
    private const int FUTEX_WAIT_PRIVATE = 0 | 128;
    private const int FUTEX_WAKE_PRIVATE = 1 | 128;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private readonly int* _word = (int*)NativeMemory.AlignedAlloc(64, 64);
    private bool _isExact;

    public FutexGate() => *_word = 0;

    /// <summary>Sleeps until the gate opens or the time is up; may return early. One thread only.</summary>
    /// <param name="nanoseconds"><see cref="long.MaxValue"/> waits for ever.</param>
    public void Wait(long nanoseconds)
    {
        // SAFETY: the word is ours until Dispose, which no waiter may outlive.
        if (Interlocked.Exchange(ref *_word, 0) == 0 && nanoseconds > 0)
        {
            if (!_isExact)
            {
                _isExact = true;
                TimerSlack.Drop();
            }

            TimeSpec time = new(nanoseconds / NanosecondsPerSecond, nanoseconds % NanosecondsPerSecond);
            _ = syscall(SYS_futex, _word, FUTEX_WAIT_PRIVATE, 0, nanoseconds == long.MaxValue ? null : &time);
            Interlocked.Exchange(ref *_word, 0);
        }
    }

    /// <summary>Wakes the sleeper, or makes the next wait return at once. Any thread.</summary>
    public void Open()
    {
        // SAFETY: as above.
        if (Interlocked.Exchange(ref *_word, 1) == 0)
        {
            _ = syscall(SYS_futex, _word, FUTEX_WAKE_PRIVATE, 1, null);
        }
    }

    public void Dispose() => NativeMemory.AlignedFree(_word);

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, int* word, int operation, int value, TimeSpec* timeout);

    private readonly record struct TimeSpec(long Seconds, long Nanoseconds);
}
