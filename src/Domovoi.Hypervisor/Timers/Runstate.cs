// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Timers;

/// <summary>How one vCPU spends its time (<c>RUNSTATE_*</c>), and the guest's copy of that.</summary>
/// <remarks>Changed by the vCPU's own thread; read by any.</remarks>
public sealed class Runstate
{
    private readonly Vcpu _vcpu;
    private VcpuRunstate _record;

    internal Runstate(Vcpu vcpu)
    {
        _vcpu = vcpu;
        _record.State = (int)RunstateKind.Offline;
    }

    /// <summary>Linear address of <c>VCPUOP_register_runstate_memory_area</c>, or 0.</summary>
    public ulong GuestArea { get; internal set; }

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
        Publish();
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

    private static void Account(ref VcpuRunstate record, ulong elapsed)
    {
        switch ((RunstateKind)record.State)
        {
            case RunstateKind.Running:
                record.TimeRunning += elapsed;
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
