// SPDX-License-Identifier: MIT
using Domovoi.Cpu;
using Domovoi.Cpu.State;
using Domovoi.Hypervisor.Hypercalls;
using Domovoi.Hypervisor.Timers;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Traps;

/// <summary>CPUID, plain or behind Xen's prefix: the policy, Xen's own leaves, and what depends on the processor's state.</summary>
internal static class CpuidEmulation
{
    private const uint XsaveBit = 1 << 26;
    private const uint OsxsaveBit = 1 << 27;
    private const uint HypervisorBit = 1u << 31;
    private const ulong Cr4Osxsave = 1 << 18;

    /// <summary>Puts the answer in EAX, EBX, ECX and EDX; false when the guest made CPUID fault in user mode.</summary>
    /// <param name="vcpu">The processor that executed CPUID.</param>
    /// <param name="isPrefixed">With the prefix, a kernel sees OSXSAVE before it sets CR4: part of the PV ABI since Linux relied on it.</param>
    internal static bool TryAnswer(Vcpu vcpu, bool isPrefixed)
    {
        if (vcpu.Privileged.CpuidFaulting && !vcpu.IsInKernelMode)
        {
            return false;
        }

        ref CpuState state = ref vcpu.Cpu.State;
        CpuidLeaf leaf = Answer(vcpu, (uint)state.Rax, (uint)state.Rcx, isPrefixed);
        state.Rax = leaf.Eax;
        state.Rbx = leaf.Ebx;
        state.Rcx = leaf.Ecx;
        state.Rdx = leaf.Edx;
        return true;
    }

    private static CpuidLeaf Answer(Vcpu vcpu, uint leaf, uint subleaf, bool isPrefixed)
    {
        if (leaf - XenCpuid.FirstLeaf < 0x100)
        {
            return XenLeaf(vcpu, leaf - XenCpuid.FirstLeaf, subleaf);
        }

        CpuidLeaf answer = CpuidPolicy.Query(leaf, subleaf);
        switch (leaf, subleaf)
        {
            case (1, _):
                bool shown = (vcpu.Privileged.Cr4 & Cr4Osxsave) != 0 || (isPrefixed && vcpu.IsInKernelMode);
                bool hasXsave = (answer.Ecx & XsaveBit) != 0;
                return answer with { Ecx = answer.Ecx | HypervisorBit | (shown && hasXsave ? OsxsaveBit : 0) };
            case (0xD, 0) when answer.Eax != 0:
            case (0xD, 1) when (answer.Eax & 2) != 0:
                return answer with { Ebx = CpuidPolicy.AreaSize(vcpu.Cpu.State.Xcr0) };
            default:
                return answer;
        }
    }

    /// <summary>arch-x86/cpuid.h</summary>
    private static CpuidLeaf XenLeaf(Vcpu vcpu, uint index, uint subleaf) => index switch
    {
        0 => new CpuidLeaf(
            XenCpuid.FirstLeaf + XenCpuid.LeafCount, XenCpuid.SignatureEbx, XenCpuid.SignatureEcx, XenCpuid.SignatureEdx),
        1 => new CpuidLeaf(XenVersion.Number, 0, 0, 0),
        2 => new CpuidLeaf(1, XenCpuid.HypercallPageMsr, XenCpuid.MmuUpdatePreserveAccessedDirty, 0),
        3 => TimeLeaf(vcpu.Domain.Clock, vcpu.Domain.Clock.TimeStampFrequency, subleaf),
        5 => new CpuidLeaf(0, MachineAddressWidth(vcpu), 0, 0),
        _ => default,
    };

    private static CpuidLeaf TimeLeaf(DomainClock clock, ulong frequency, uint subleaf)
    {
        const uint SafeTsc = 1 << 1;
        ClockSample sample = clock.Sample();
        ulong startTicks = sample.Ticks;
        return subleaf switch
        {
            0 => new CpuidLeaf(SafeTsc, 2, (uint)(frequency / 1000), 1),
            1 => new CpuidLeaf((uint)startTicks, (uint)(startTicks >> 32), sample.Scale.Multiplier, (byte)sample.Scale.Shift),
            2 => new CpuidLeaf((uint)(frequency / 1000), 0, 0, 0),
            _ => default,
        };
    }

    /// <summary>Bits of a machine address; at most 44 keeps Linux on grant table version 1.</summary>
    private static uint MachineAddressWidth(Vcpu vcpu) =>
        (uint)Math.Max(36, 64 - System.Numerics.BitOperations.LeadingZeroCount(vcpu.Domain.Memory.Length - 1));
}
