// SPDX-License-Identifier: MIT
using Domovoi.Cpu.State;
using Domovoi.Hypervisor.Domains;
using Domovoi.Hypervisor.Traps;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary><c>__HYPERVISOR_iret</c>: the guest's kernel returns, to itself or to user mode.</summary>
internal static class Iret
{
    internal static long Invoke(Vcpu caller, in HypercallArguments arguments)
    {
        if (!caller.TryRead(caller.Cpu.State.Rsp, out IretFrame frame))
        {
            throw new DomainCrashException(CrashReason.BadInterruptReturn, "The frame for iret cannot be read.");
        }

        if ((frame.Cs & 3) == 3)
        {
            if (!caller.AddressSpace.HasUserRoot)
            {
                throw new DomainCrashException(CrashReason.BadInterruptReturn, "Return to user mode without a user page table.");
            }

            caller.EnterUserMode();
        }

        if ((caller.Domain.Assists & VmAssists.ArchitecturalIopl) != 0)
        {
            caller.IoPrivilegeLevel = frame.Rflags & ProcessorFlags.IoPrivilege;
        }

        const ulong NotTheGuests = ProcessorFlags.IoPrivilege | ProcessorFlags.Virtual8086;
        ref CpuState state = ref caller.Cpu.State;
        state.Rsp = frame.Rsp;
        state.Rflags = (frame.Rflags & ProcessorFlags.All & ~NotTheGuests) | ProcessorFlags.Interrupt | ProcessorFlags.AlwaysOne;
        if ((frame.Flags & (ulong)GuestContextFlags.InSyscall) == 0)
        {
            state.R11 = frame.R11;
            state.Rcx = frame.Rcx;
        }

        caller.EventsMasked = (frame.Rflags & ProcessorFlags.Interrupt) == 0;
        if (caller.IsInNmi)
        {
            TrapDelivery.EndNmi(caller);
        }

        state.Rip = frame.Rip;
        LoadSegments(caller, (ushort)(frame.Cs | 3), (ushort)(frame.Ss | 3), frame.Rax);
        return (long)frame.Rax;
    }

    /// <summary>Loads CS and SS; what the processor would refuse becomes #GP at the place returned to, as Xen's fixup does.</summary>
    private static void LoadSegments(Vcpu caller, ushort code, ushort stack, ulong rax)
    {
        ref CpuState state = ref caller.Cpu.State;
        if (code == X86Selectors.Code64)
        {
            state.Cs = code;
            state.Ss = stack;
            state.LongMode = true;
            if (stack == X86Selectors.Stack)
            {
                return;
            }
        }

        if (X86Addresses.IsCanonical(state.Rip) && caller.Descriptors.AreFlat(code, stack, caller.Domain.Frames.DescriptorChanges))
        {
            (state.Cs, state.Ss, state.LongMode) = (code, stack, true);
            (state.CsBase, state.SsBase) = (0, 0);
            return;
        }

        byte codeFault = FarTransfers.CheckCode(caller, code, out SegmentDescriptor codeDescriptor);
        byte stackFault = SegmentLoads.Check(caller, register: 2, stack, out SegmentDescriptor stackDescriptor);
        bool rightPlace = !codeDescriptor.IsLong || X86Addresses.IsCanonical(state.Rip);
        if (codeFault == 0 && rightPlace)
        {
            FarTransfers.EnterCode(ref state, code, codeDescriptor, state.Rip);
        }

        state.Ss = stack;
        state.SsBase = stackDescriptor.Base;
        if (codeFault == 0 && stackFault == 0 && codeDescriptor.IsLong && stackDescriptor.Base == 0 && rightPlace)
        {
            caller.Descriptors.NoteFlat(code, stack, caller.Domain.Frames.DescriptorChanges);
        }
        else if (codeFault != 0 || stackFault != 0 || !rightPlace)
        {
            state.Rax = rax;
            TrapDelivery.RaiseProtection(caller, codeFault != 0 ? code & 0xFFFCu : stackFault != 0 ? stack & 0xFFFCu : 0);
        }
    }
}
