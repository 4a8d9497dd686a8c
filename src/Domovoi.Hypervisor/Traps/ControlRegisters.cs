// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Run;
using Domovoi.Cpu.State;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Traps;

/// <summary>CR0, CR2, CR3, CR4, CLTS, SMSW, LMSW and XSETBV of the guest's kernel.</summary>
internal static class ControlRegisters
{
    /// <summary>PE MP ET NE WP AM PG: what Xen runs with.</summary>
    internal const ulong Cr0 = 0x8005_0033;

    private const ulong TaskSwitchedBit = 8;
    private const ulong TimeStampDisable = 1 << 2;
    private const ulong DebugExtensions = 1 << 3;
    private const ulong FsGsBase = 1 << 16;
    private const ulong Osxsave = 1 << 18;

    internal static void Emulate(Vcpu vcpu, in ExitDetails exit)
    {
        if (exit.Operation == PrivilegedOperation.StoreMachineStatus)
        {
            vcpu.Cpu.Complete(ReadCr0(vcpu) & 0xFFFF);      // not privileged
            return;
        }

        if (!vcpu.IsInKernelMode)
        {
            TrapDelivery.RaiseProtection(vcpu);
            return;
        }

        switch (exit.Operation)
        {
            case PrivilegedOperation.ReadControl:
                Read(vcpu, exit.Number);
                break;
            case PrivilegedOperation.WriteControl:
                Finish(vcpu, TryWrite(vcpu, exit.Number, exit.Value));
                break;
            case PrivilegedOperation.ClearTaskSwitched:
                vcpu.Cpu.TaskSwitched = false;
                vcpu.Cpu.Skip();
                break;
            case PrivilegedOperation.WriteExtendedControl:
                Finish(vcpu, TryWriteXcr0(vcpu, exit.Number, exit.Value));
                break;
            default:
                TrapDelivery.RaiseProtection(vcpu);         // LMSW
                break;
        }
    }

    private static ulong ReadCr0(Vcpu vcpu) => Cr0 | (vcpu.Cpu.TaskSwitched ? TaskSwitchedBit : 0);

    private static void Read(Vcpu vcpu, uint number)
    {
        ulong? value = number switch
        {
            0 => ReadCr0(vcpu),
            2 => vcpu.Privileged.Cr2,
            3 => vcpu.Cpu.GetRoot(CpuMode.Kernel).Value,
            4 => vcpu.Privileged.Cr4,
            _ => null,
        };
        if (value is { } known)
        {
            vcpu.Cpu.Complete(known);
        }
        else
        {
            TrapDelivery.RaiseProtection(vcpu);
        }
    }

    private static bool TryWrite(Vcpu vcpu, uint number, ulong value)
    {
        switch (number)
        {
            case 0 when ((value ^ Cr0) & ~TaskSwitchedBit) == 0:
                vcpu.Cpu.TaskSwitched = (value & TaskSwitchedBit) != 0;
                return true;
            case 2:
                vcpu.Privileged.Cr2 = value;
                vcpu.Domain.Memory.Shared<ulong>(vcpu.InfoAddress + VcpuInfo.Cr2) = value;
                return true;
            case 3:
                return vcpu.Domain.PageTables.SetKernelRoot(vcpu.AddressSpace, new Mfn(value >> PhysicalAddress.PageShift))
                    == XenError.None;
            case 4:
                const ulong Owned = TimeStampDisable | DebugExtensions | FsGsBase | Osxsave;
                vcpu.Privileged.Cr4 = PrivilegedState.InitialCr4 | (value & Owned);
                vcpu.Cpu.TimeStampDisabled = (value & TimeStampDisable) != 0;
                vcpu.Cpu.FsGsBaseDisabled = (value & FsGsBase) == 0;
                return true;
            default:
                return false;
        }
    }

    /// <summary>XCR0: x87 always, AVX only with SSE, and nothing the policy hides.</summary>
    private static bool TryWriteXcr0(Vcpu vcpu, uint index, ulong value)
    {
        if (index != 0 || (value & 1) == 0 || (value & 6) == 4 || (value & ~CpuidPolicy.AllowedXcr0()) != 0)
        {
            return false;
        }

        vcpu.Cpu.State.Xcr0 = value;
        return true;
    }

    private static void Finish(Vcpu vcpu, bool done)
    {
        if (done)
        {
            vcpu.Cpu.Skip();
        }
        else
        {
            TrapDelivery.RaiseProtection(vcpu);
        }
    }
}
