// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Timers;

/// <summary>The periodic and the single-shot timer of one vCPU; both raise <c>VIRQ_TIMER</c>.</summary>
/// <remarks>
/// Belongs to the vCPU's thread. While the guest runs, the domain's <see cref="DeadlineThread"/> watches
/// <see cref="WatchedDeadline"/>; while it is blocked, its own wait ends at <see cref="NextDeadline"/>.
/// State to save: both deadlines, the period.
/// </remarks>
public sealed class VcpuTimers
{
    /// <summary>No deadline.</summary>
    public const long Never = long.MaxValue;

    /// <summary>The timer every PV vCPU starts with: 100 Hz, until the guest stops it.</summary>
    public const long InitialPeriod = 10_000_000;

    private readonly Vcpu _vcpu;
    private readonly TickCadence _cadence = new();
    private long _period;
    private long _nextPeriodic = Never;
    private long _singleshot = Never;
    private long _watched = Never;                          // read by the deadline thread

    internal VcpuTimers(Vcpu vcpu)
    {
        _vcpu = vcpu;
        SetPeriod(InitialPeriod);
    }

    /// <summary>System time at which something is due.</summary>
    public long NextDeadline => Math.Min(_nextPeriodic, _singleshot);

    /// <summary>What the deadline thread waits for on this vCPU's behalf. Any thread.</summary>
    internal long WatchedDeadline => Volatile.Read(ref _watched);

    /// <summary><c>VCPUOP_set_periodic_timer</c>; 0 stops it.</summary>
    public void SetPeriod(long nanoseconds)
    {
        _period = nanoseconds;
        _nextPeriodic = nanoseconds == 0 ? Never : _vcpu.Domain.Clock.Now + nanoseconds;
    }

    /// <summary><c>VCPUOP_set_singleshot_timer</c>, <c>__HYPERVISOR_set_timer_op</c>: absolute system time, or <see cref="Never"/>.</summary>
    public void SetSingleshot(long deadline)
    {
        long now = _vcpu.Domain.Clock.Now;
        _singleshot = _cadence.Place(deadline, now);
        if (_singleshot <= now)
        {
            _cadence.Fired(_singleshot);
            _singleshot = Never;
            Fire();
        }
    }

    /// <summary>Raises what is due.</summary>
    internal void Expire()
    {
        long now = _vcpu.Domain.Clock.Now;
        bool due = now >= NextDeadline;
        if (now >= _singleshot)
        {
            _cadence.Fired(_singleshot);
            _singleshot = Never;
        }

        if (now >= _nextPeriodic)
        {
            _nextPeriodic += (((now - _nextPeriodic) / _period) + 1) * _period;
        }

        if (due)
        {
            Fire();
        }
    }

    /// <summary>Raises what is due, if anything is.</summary>
    internal void ExpireIfDue()
    {
        long deadline = NextDeadline;
        if (deadline != Never && deadline <= _vcpu.Domain.Clock.Now)
        {
            Expire();
            _vcpu.Time.Publish();
        }
    }

    /// <summary>Hands the deadline to the deadline thread, before guest code runs.</summary>
    internal void Watch()
    {
        long deadline = NextDeadline;
        if (deadline != _watched)
        {
            Volatile.Write(ref _watched, deadline);
            _vcpu.Domain.Deadlines.Noticed();
        }
    }

    /// <summary>Takes the deadline back: the vCPU blocks and will wake itself.</summary>
    internal void Unwatch()
    {
        if (_watched != Never)
        {
            Volatile.Write(ref _watched, Never);
            _vcpu.Domain.Deadlines.Noticed();
        }
    }

    /// <summary>The deadline thread saw it pass; not again until the next <see cref="Watch"/>.</summary>
    internal void Passed(long deadline) => Interlocked.CompareExchange(ref _watched, Never, deadline);

    private void Fire() => _vcpu.Domain.EventChannels.RaiseVirq(_vcpu, Virq.Timer);
}
