// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Mmu;
using Domovoi.Cpu.Run;
using Domovoi.Hypervisor.PvMmu;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Traps;

/// <summary>Faults and traps of guest code: those with a meaning of their own under Xen, and delivery of the rest.</summary>
internal static class Exceptions
{
    internal static void Handle(Vcpu vcpu, ExitDetails exit)
    {
        switch (exit.Vector)
        {
            case ExceptionVector.PageFault:
                HandlePageFault(vcpu, exit.FaultAddress, exit.ErrorCode);
                break;
            case ExceptionVector.InvalidOpcode:
                HandleInvalidOpcode(vcpu);
                break;
            case ExceptionVector.DeviceNotAvailable:
                vcpu.Cpu.TaskSwitched = false;              // as Xen: TS is cleared before the guest sees #NM
                TrapDelivery.Raise(vcpu, ExceptionVector.DeviceNotAvailable);
                break;
            case ExceptionVector.Debug:
                TrapDelivery.RaiseDebug(vcpu, exit.Value);
                break;
            default:
                Deliver(vcpu, exit);
                break;
        }
    }

    private static void Deliver(Vcpu vcpu, in ExitDetails exit)
    {
        if (exit.HasErrorCode)
        {
            TrapDelivery.Raise(vcpu, exit.Vector, exit.ErrorCode);
        }
        else
        {
            TrapDelivery.Raise(vcpu, exit.Vector);
        }
    }

    private static void HandlePageFault(Vcpu vcpu, ulong linear, uint errorCode)
    {
        const uint PresentAndWrite = 3;
        if ((errorCode & PresentAndWrite) == PresentAndWrite && vcpu.IsInKernelMode
            && (vcpu.Domain.Assists & VmAssists.WritablePageTables) != 0
            && WritablePageTable.TryEmulate(
                vcpu.Domain.Frames, vcpu.Domain.PageTables, vcpu.AddressSpace, linear, (PageFaultErrorCode)errorCode))
        {
            return;
        }

        TrapDelivery.RaisePageFault(vcpu, linear, errorCode);
    }

    /// <summary>The forced-emulation prefix, <c>ud2; .ascii "xen"</c>, before CPUID (<c>XEN_CPUID</c>); otherwise #UD.</summary>
    private static void HandleInvalidOpcode(Vcpu vcpu)
    {
        const int PrefixLength = 5;
        ReadOnlySpan<byte> pattern = [0x0F, 0x0B, (byte)'x', (byte)'e', (byte)'n', 0x0F, 0xA2];
        Span<byte> code = stackalloc byte[PrefixLength + 2];
        ulong rip = vcpu.Cpu.State.Rip;
        if (!vcpu.TryRead(rip, code) || !code.SequenceEqual(pattern))
        {
            TrapDelivery.Raise(vcpu, ExceptionVector.InvalidOpcode);
            return;
        }

        vcpu.Cpu.State.Rip = rip + PrefixLength;
        if (!CpuidEmulation.TryAnswer(vcpu, isPrefixed: true))
        {
            TrapDelivery.RaiseProtection(vcpu);
            return;
        }

        vcpu.Cpu.State.Rip = rip + PrefixLength + 2;
    }
}
