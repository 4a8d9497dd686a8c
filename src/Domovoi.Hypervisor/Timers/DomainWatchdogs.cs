// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Domains;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Timers;

/// <summary>The two watchdogs of a domain (<c>SCHEDOP_watchdog</c>): one that is not set anew in time ends the domain.</summary>
/// <remarks>Any thread. The domain's <see cref="DeadlineThread"/> looks after them, also while all vCPUs sleep. State to save: the deadlines.</remarks>
public sealed class DomainWatchdogs
{
    private const long Second = 1_000_000_000;
    private const long Unused = long.MaxValue;

    private readonly Domain _domain;
    private readonly Lock _gate = new();                    // guards _deadlines
    private readonly long[] _deadlines = [Unused, Unused];

    internal DomainWatchdogs(Domain domain) => _domain = domain;

    /// <summary>System time at which the first of them fires; <see cref="VcpuTimers.Never"/> for none.</summary>
    internal long NextDeadline => Math.Min(Volatile.Read(ref _deadlines[0]), Volatile.Read(ref _deadlines[1]));

    /// <summary><c>SCHEDOP_watchdog</c></summary>
    /// <param name="id">0 for a new one, else its number.</param>
    /// <param name="seconds">From now; 0 gives an existing one back.</param>
    /// <returns>A new one's number, 0 for success, or an error.</returns>
    internal long Set(uint id, uint seconds)
    {
        if (id > (uint)_deadlines.Length)
        {
            return (long)XenError.InvalidArgument;
        }

        long deadline = _domain.Clock.Now + (seconds * Second);
        long result = 0;
        lock (_gate)
        {
            int index = id == 0 ? Array.IndexOf(_deadlines, Unused) : (int)id - 1;
            if (index < 0)
            {
                return (long)XenError.NoSpace;
            }

            if (id != 0 && _deadlines[index] == Unused)
            {
                return (long)XenError.InvalidArgument;
            }

            Volatile.Write(ref _deadlines[index], id != 0 && seconds == 0 ? Unused : deadline);
            result = id == 0 ? index + 1 : 0;
        }

        _domain.Deadlines.Noticed();
        return result;
    }

    /// <summary>Ends the domain if one of them was not set anew.</summary>
    internal void Expire(long now)
    {
        if (NextDeadline > now)
        {
            return;
        }

        lock (_gate)
        {
            Array.Fill(_deadlines, Unused);
        }

        _domain.ShutDown(ShutdownReason.Watchdog);
    }
}
