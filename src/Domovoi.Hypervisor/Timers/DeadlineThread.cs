// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Domains;
using Domovoi.Hypervisor.Vcpus;

namespace Domovoi.Hypervisor.Timers;

/// <summary>Interrupts running vCPUs when their timers are due, and ends the domain when a watchdog is. One thread per domain; asleep while all vCPUs are.</summary>
internal sealed class DeadlineThread : IDisposable
{
    private readonly Domain _domain;
    private readonly IWakeGate _gate;
    private readonly Thread _thread;
    private long _sleepingUntil = long.MinValue;            // written by the thread, read by vCPUs
    private volatile bool _stopping;

    internal DeadlineThread(Domain domain)
    {
        _domain = domain;
        _gate = domain.Settings.NewWakeGate();
        _thread = new Thread(Run) { IsBackground = true, Name = $"timers of {domain.Id.Value}" };
    }

    public void Dispose()
    {
        _stopping = true;
        _gate.Open();
        if (_thread.ThreadState != ThreadState.Unstarted && (_thread.ThreadState & ThreadState.Unstarted) == 0)
        {
            _thread.Join();
        }

        _gate.Dispose();
    }

    internal void Start() => _thread.Start();

    /// <summary>A vCPU has a new deadline; wakes the thread only if it would sleep past it. Any thread.</summary>
    internal void Noticed(long deadline)
    {
        Interlocked.MemoryBarrier();
        if (deadline < Volatile.Read(ref _sleepingUntil))
        {
            _gate.Open();
        }
    }

    private void Run()
    {
        while (!_stopping)
        {
            long next = Earliest();
            Volatile.Write(ref _sleepingUntil, next);
            Interlocked.MemoryBarrier();
            next = Earliest();
            long now = _domain.Clock.Now;
            if (next > now)
            {
                _gate.Wait(next == VcpuTimers.Never ? long.MaxValue : next - now);
                now = _domain.Clock.Now;
            }

            Volatile.Write(ref _sleepingUntil, long.MinValue);
            Interrupt(now);
        }
    }

    private long Earliest()
    {
        long earliest = _domain.Watchdogs.NextDeadline;
        foreach (Vcpu vcpu in _domain.Vcpus)
        {
            earliest = Math.Min(earliest, vcpu.Timers.WatchedDeadline);
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
