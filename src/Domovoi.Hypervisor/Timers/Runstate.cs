// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Timers;

/// <summary>How one vCPU spends its time (<c>RUNSTATE_*</c>), and the guest's copy of that.</summary>
/// <remarks>
/// Changed by the vCPU's own thread; read by any. While its thread would run but the host runs another, the vCPU counts as runnable: that
/// is the guest's steal time.
/// </remarks>
public sealed class Runstate
{
    /// <summary>How long a vCPU that never stops may go without its time being split, in ns.</summary>
    private const ulong Stretch = 10_000_000;

    private readonly Vcpu _vcpu;
    private VcpuRunstate _record;
    private long _usedAtEntry;

    internal Runstate(Vcpu vcpu)
    {
        _vcpu = vcpu;
        _record.State = (int)RunstateKind.Offline;
    }

    /// <summary>Linear address of <c>VCPUOP_register_runstate_memory_area</c>, or 0.</summary>
    public ulong GuestArea { get; internal set; }

    /// <summary>Processor time of the vCPU's thread in ns; null where the host cannot tell.</summary>
    internal Func<long>? ProcessorClock { get; set; }

    /// <summary>Nanoseconds in <c>RUNSTATE_running</c>, the current stretch included.</summary>
    public ulong RunningTime => Snapshot().TimeRunning;

    /// <summary>The record with its times brought up to now (<c>VCPUOP_get_runstate_info</c>).</summary>
    public VcpuRunstate Snapshot()
    {
        VcpuRunstate copy = _record;
        ulong now = (ulong)_vcpu.Domain.Clock.Now;
        Account(ref copy, now - Math.Min(copy.StateEntryTime, now));
        return copy;
    }

    /// <summary>Enters a state and tells the guest.</summary>
    internal void Enter(RunstateKind state)
    {
        ulong now = (ulong)_vcpu.Domain.Clock.Now;
        Account(ref _record, now - _record.StateEntryTime);
        _record.State = (int)state;
        _record.StateEntryTime = now;
        _usedAtEntry = state == RunstateKind.Running ? ProcessorClock?.Invoke() ?? 0 : 0;
        Publish();
    }

    /// <summary>Tells the guest of what was stolen from a vCPU that has been running for some time.</summary>
    internal void Refresh()
    {
        if (ProcessorClock is not null && (ulong)_vcpu.Domain.Clock.Now - _record.StateEntryTime >= Stretch)
        {
            Enter(RunstateKind.Running);
        }
    }

    /// <summary>Writes the guest's copy, with <c>XEN_RUNSTATE_UPDATE</c> around it if the guest asked for that.</summary>
    internal void Publish()
    {
        if (GuestArea == 0)
        {
            return;
        }

        _vcpu.WithKernelAddressSpace(_record, static (vcpu, value) =>
        {
            VcpuRunstate copy = value;
            bool flagged = (vcpu.Domain.Assists & VmAssists.RunstateUpdateFlag) != 0;
            copy.StateEntryTime |= flagged ? VcpuRunstate.UpdateFlag : 0;
            ulong area = vcpu.Runstate.GuestArea;
            if (vcpu.TryWrite(area, Vcpu.BytesOf(in copy)) && flagged)
            {
                ulong entry = copy.StateEntryTime & ~VcpuRunstate.UpdateFlag;
                vcpu.TryWrite(area + 8, Vcpu.BytesOf(in entry));
            }
        });
    }

    private void Account(ref VcpuRunstate record, ulong elapsed)
    {
        switch ((RunstateKind)record.State)
        {
            case RunstateKind.Running:
                ulong used = ProcessorClock is { } clock ? (ulong)Math.Clamp(clock() - _usedAtEntry, 0, (long)elapsed) : elapsed;
                record.TimeRunning += used;
                record.TimeRunnable += elapsed - used;
                break;
            case RunstateKind.Runnable:
                record.TimeRunnable += elapsed;
                break;
            case RunstateKind.Blocked:
                record.TimeBlocked += elapsed;
                break;
            default:
                record.TimeOffline += elapsed;
                break;
        }
    }
}
