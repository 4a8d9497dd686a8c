// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Linux;

/// <summary>prctl(2), <c>PR_SET_TIMERSLACK</c>: how much later than asked the host may end a thread's waits.</summary>
internal static partial class TimerSlack
{
    private const int PR_SET_TIMERSLACK = 29;

    /// <summary>The calling thread's waits end when asked, not up to 50 us later.</summary>
    internal static void Drop() => _ = prctl(PR_SET_TIMERSLACK, 1);

    [LibraryImport("libc")]
    private static partial int prctl(int option, nuint value);
}
