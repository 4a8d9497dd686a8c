// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Timers;

/// <summary>Publishes <c>struct vcpu_time_info</c> of one vCPU, in <c>vcpu_info</c> and in the area of <c>VCPUOP_register_vcpu_time_memory_area</c>.</summary>
/// <remarks>Runs on the vCPU's own thread, so the guest never sees its own record half written; version counts for the others.</remarks>
public sealed class VcpuTime
{
    private readonly Vcpu _vcpu;
    private ClockSample _published;

    internal VcpuTime(Vcpu vcpu) => _vcpu = vcpu;

    /// <summary>Linear address the guest registered, or 0.</summary>
    public ulong GuestArea { get; internal set; }

    /// <summary>Publishes the current sample if it is newer than the published one, or if <paramref name="force"/> is set.</summary>
    /// <param name="force">Also when nothing changed.</param>
    /// <param name="through">The vCPU on whose thread this runs, if another: its kernel shares the address space.</param>
    public void Publish(bool force = false, Vcpu? through = null)
    {
        ClockSample sample = _vcpu.Domain.Clock.Sample();
        if (!force && sample == _published)
        {
            return;
        }

        _published = sample;
        PhysicalAddress place = _vcpu.InfoAddress + VcpuInfo.Time;
        ref uint version = ref _vcpu.Domain.Memory.Shared<uint>(place);
        VcpuTimeInfo record = new()
        {
            Version = (version & ~1u) + 1,
            TscTimestamp = sample.Ticks,
            SystemTime = (ulong)sample.SystemTime,
            TscToSystemMultiplier = sample.Scale.Multiplier,
            TscShift = sample.Scale.Shift,
            Flags = VcpuTimeInfo.TscStableFlag,
        };
        Volatile.Write(ref version, record.Version);
        _vcpu.Domain.Memory.TryWrite(place, in record);
        Volatile.Write(ref version, record.Version + 1);
        if (GuestArea != 0)
        {
            PublishToGuestArea(through ?? _vcpu, in record);
        }
    }

    private void PublishToGuestArea(Vcpu through, in VcpuTimeInfo record)
    {
        through.WithKernelAddressSpace((GuestArea, record), static (vcpu, state) =>
        {
            uint even = state.record.Version + 1;
            if (vcpu.TryWrite(state.GuestArea, in state.record))
            {
                vcpu.TryWrite(state.GuestArea, in even);
            }
        });
    }
}
