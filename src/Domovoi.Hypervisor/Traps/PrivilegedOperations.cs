// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Run;
using Domovoi.Cpu.State;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Traps;

/// <summary>Instructions that only the hypervisor gives a meaning to. What Xen does not emulate for a PV guest is #GP.</summary>
internal static class PrivilegedOperations
{
    internal static void Emulate(Vcpu vcpu, ExitDetails exit)
    {
        switch (exit.Operation)
        {
            case PrivilegedOperation.Cpuid:
                AnswerCpuid(vcpu);
                break;
            case PrivilegedOperation.ReadMsr or PrivilegedOperation.WriteMsr:
                ModelSpecificRegisters.Emulate(vcpu, exit);
                break;
            case PrivilegedOperation.LoadSegment or PrivilegedOperation.LoadFarPointer:
                SegmentLoads.Emulate(vcpu, exit);
                break;
            case PrivilegedOperation.LoadAccessRights or PrivilegedOperation.LoadSegmentLimit
                or PrivilegedOperation.VerifyRead or PrivilegedOperation.VerifyWrite:
                SegmentQueries.Emulate(vcpu, exit);
                break;
            case PrivilegedOperation.FarJump or PrivilegedOperation.FarCall or PrivilegedOperation.FarReturn
                or PrivilegedOperation.InterruptReturn:
                FarTransfers.Emulate(vcpu, exit);
                break;
            case PrivilegedOperation.PortIn or PrivilegedOperation.PortOut:
                PortIo.Emulate(vcpu, exit);
                break;
            case PrivilegedOperation.ReadDebug or PrivilegedOperation.WriteDebug:
                DebugRegisters.Emulate(vcpu, exit);
                break;
            default:
                EmulateControl(vcpu, exit);
                break;
        }
    }

    private static void EmulateControl(Vcpu vcpu, in ExitDetails exit)
    {
        switch (exit.Operation)
        {
            case PrivilegedOperation.ClearInterruptFlag or PrivilegedOperation.SetInterruptFlag:
                SkipIf(vcpu, PortIo.HasIoPrivilege(vcpu));  // allowed, and without any effect
                break;
            case PrivilegedOperation.ReadControl or PrivilegedOperation.WriteControl
                or PrivilegedOperation.ClearTaskSwitched or PrivilegedOperation.StoreMachineStatus
                or PrivilegedOperation.LoadMachineStatus or PrivilegedOperation.WriteExtendedControl:
                ControlRegisters.Emulate(vcpu, exit);
                break;
            case PrivilegedOperation.WriteBackCaches:
                SkipIf(vcpu, vcpu.IsInKernelMode);
                break;
            case PrivilegedOperation.ReadTimeStamp:
                ReadTimeStamp(vcpu);
                break;
            case PrivilegedOperation.StoreGlobalDescriptorTable or PrivilegedOperation.StoreInterruptDescriptorTable:
                StoreTable(vcpu, exit);
                break;
            case PrivilegedOperation.StoreLocalDescriptorTable or PrivilegedOperation.StoreTaskRegister:
                vcpu.Cpu.Complete(0);
                break;
            case PrivilegedOperation.Other:
                TrapDelivery.Raise(vcpu, ExceptionVector.InvalidOpcode);
                break;
            default:
                // HLT, INVLPG, LGDT, SWAPGS, SYSRET, RDPMC: the processor's own answer outside ring 0.
                TrapDelivery.RaiseProtection(vcpu);
                break;
        }
    }

    private static void AnswerCpuid(Vcpu vcpu)
    {
        if (CpuidEmulation.TryAnswer(vcpu, isPrefixed: false))
        {
            vcpu.Cpu.Skip();
        }
        else
        {
            TrapDelivery.RaiseProtection(vcpu);
        }
    }

    /// <summary>With CR4.TSD only the kernel may read the counter.</summary>
    private static void ReadTimeStamp(Vcpu vcpu)
    {
        if (!vcpu.IsInKernelMode)
        {
            TrapDelivery.RaiseProtection(vcpu);
            return;
        }

        ulong ticks = vcpu.Domain.Settings.Time.ReadTimeStamp();
        ref CpuState state = ref vcpu.Cpu.State;
        state.Rax = (uint)ticks;
        state.Rdx = ticks >> 32;
        vcpu.Cpu.Skip();
    }

    /// <summary>SGDT and SIDT are not privileged: a guest sees where Xen has its own tables.</summary>
    private static void StoreTable(Vcpu vcpu, in ExitDetails exit)
    {
        const int LongSize = 10;
        const ulong BehindMachineToPhysical = X86Addresses.MachineToPhysicalEnd;
        bool isGdt = exit.Operation == PrivilegedOperation.StoreGlobalDescriptorTable;
        Span<byte> pointer = stackalloc byte[LongSize];
        BitConverter.TryWriteBytes(pointer, isGdt ? (ushort)0xFFFF : (ushort)0x0FFF);
        BitConverter.TryWriteBytes(pointer[2..], BehindMachineToPhysical + (isGdt ? 0u : 0x10_0000u));
        int size = vcpu.Cpu.State.LongMode ? LongSize : 6;
        if (vcpu.TryWrite(exit.FaultAddress, pointer[..size]))
        {
            vcpu.Cpu.Skip();
        }
        else
        {
            TrapDelivery.RaisePageFault(vcpu, exit.FaultAddress, errorCode: 2);
        }
    }

    private static void SkipIf(Vcpu vcpu, bool allowed)
    {
        if (allowed)
        {
            vcpu.Cpu.Skip();
        }
        else
        {
            TrapDelivery.RaiseProtection(vcpu);
        }
    }
}
