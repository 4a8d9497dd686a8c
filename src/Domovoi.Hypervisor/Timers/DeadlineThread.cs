// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Domains;
using Domovoi.Hypervisor.Vcpus;

namespace Domovoi.Hypervisor.Timers;

/// <summary>Interrupts running vCPUs when their timers are due, and ends the domain when a watchdog is. One thread per domain; asleep while all vCPUs are.</summary>
/// <remarks>
/// A vCPU that wakes has a new deadline each time, and mostly sleeps again before it. So its thread only sets the alarm; ours wakes when
/// it goes off. An alarm that became later is left: the thread then finds nothing due, and sets it anew.
/// </remarks>
internal sealed class DeadlineThread : IDisposable
{
    private readonly Domain _domain;
    private readonly IAlarm _alarm;
    private readonly Thread _thread;
    private readonly Lock _gate = new();                    // guards the alarm's setting
    private long _alarmTime = VcpuTimers.Never;             // under the gate
    private volatile bool _stopping;

    internal DeadlineThread(Domain domain)
    {
        _domain = domain;
        _alarm = domain.Settings.NewAlarm();
        _thread = new Thread(Run) { IsBackground = true, Name = $"timers of {domain.Id.Value}" };
    }

    public void Dispose()
    {
        _stopping = true;
        lock (_gate)
        {
            _alarm.Set(0);
        }

        if (_thread.ThreadState != ThreadState.Unstarted && (_thread.ThreadState & ThreadState.Unstarted) == 0)
        {
            _thread.Join();
        }

        _alarm.Dispose();
    }

    internal void Start() => _thread.Start();

    /// <summary>A deadline has changed. Any thread; wakes nobody.</summary>
    internal void Noticed()
    {
        lock (_gate)
        {
            long earliest = Earliest();
            if (!_stopping && (earliest < _alarmTime || (earliest == VcpuTimers.Never && _alarmTime != VcpuTimers.Never)))
            {
                SetLocked(earliest);
            }
        }
    }

    private void Run()
    {
        while (!_stopping)
        {
            _alarm.Wait();
            Interrupt(_domain.Clock.Now);
            lock (_gate)
            {
                if (!_stopping)
                {
                    SetLocked(Earliest());
                }
            }
        }
    }

    private void SetLocked(long deadline)
    {
        _alarmTime = deadline;
        _alarm.Set(deadline == VcpuTimers.Never ? long.MaxValue : deadline - _domain.Clock.Now);
    }

    private long Earliest()
    {
        long earliest = _domain.Watchdogs.NextDeadline;
        for (int index = 0; index < _domain.Vcpus.Count; index++)
        {
            earliest = Math.Min(earliest, _domain.Vcpus[index].Timers.WatchedDeadline);
        }

        return earliest;
    }

    private void Interrupt(long now)
    {
        _domain.Watchdogs.Expire(now);
        foreach (Vcpu vcpu in _domain.Vcpus)
        {
            long deadline = vcpu.Timers.WatchedDeadline;
            if (deadline <= now)
            {
                vcpu.Timers.Passed(deadline);
                vcpu.Request(VcpuRequests.TimerDue);
            }
        }
    }
}
