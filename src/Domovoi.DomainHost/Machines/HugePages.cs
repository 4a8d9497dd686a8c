// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Domovoi.Memory;

namespace Domovoi.DomainHost.Machines;

/// <summary>Puts a guest's memory in huge pages of the host, bit by bit, while the guest works.</summary>
/// <remarks>
/// A few regions at a time, since a vCPU that touches one meanwhile waits: a tenth of the time at most, while there is something to move.
/// Looks twice a second else, less and less often while there is nothing to move, and not at all while the guest is idle.
/// </remarks>
internal sealed class HugePages : IDisposable
{
    private const int RegionsAtOnce = 4;
    private const int LeastRest = 10;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LeastWork = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _end = new();
    private readonly Task _work;

    /// <param name="guestTime">Processor time that the guest has used.</param>
    internal HugePages(GuestMemory memory, Func<TimeSpan> guestTime) => _work = Work(memory, guestTime, _end.Token);

    /// <summary>Ends it; the memory may go then.</summary>
    public void Dispose()
    {
        _end.Cancel();
        _work.Wait();
        _end.Dispose();
    }

    private static async Task Work(GuestMemory memory, Func<TimeSpan> guestTime, CancellationToken end)
    {
        TimeSpan seen = TimeSpan.Zero;
        TimeSpan interval = Interval;
        TimeSpan rest = interval;
        while (true)
        {
            await Task.Delay(rest, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (end.IsCancellationRequested)
            {
                return;
            }

            TimeSpan now = guestTime();
            if (now - seen < LeastWork)
            {
                rest = interval = Interval;
                continue;
            }

            seen = now;
            long start = Stopwatch.GetTimestamp();
            int moved = memory.CollapseWhatIsWhollyInUse(RegionsAtOnce);
            if (moved < 0)
            {
                return;
            }

            TimeSpan needed = Stopwatch.GetElapsedTime(start) * LeastRest;
            interval = moved > 0 ? Interval : interval < LongestInterval ? interval * 2 : interval;
            rest = moved == RegionsAtOnce || needed > interval ? needed : interval;
        }
    }
}
