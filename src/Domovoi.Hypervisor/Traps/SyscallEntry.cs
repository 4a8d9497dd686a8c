// SPDX-License-Identifier: MIT
using Domovoi.Cpu.State;
using Domovoi.Hypervisor.Hypercalls;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Traps;

/// <summary>SYSCALL and SYSENTER: a hypercall from the guest's kernel, bounced to it from its programs.</summary>
internal static class SyscallEntry
{
    private const int InstructionLength = 2;

    internal static void Enter(Vcpu vcpu)
    {
        ref CpuState state = ref vcpu.Cpu.State;
        ulong flags = state.Rflags & ~(ProcessorFlags.Resume | ProcessorFlags.IoPrivilege);
        bool longMode = state.LongMode;
        state.Rcx = state.Rip;                              // as the instruction itself does
        state.R11 = flags;
        state.Cs = longMode ? X86Selectors.Code64 : X86Selectors.Code32;
        state.Ss = X86Selectors.Stack;
        if (vcpu.IsInKernelMode && longMode)
        {
            HypercallTable.Call(vcpu);
            return;
        }

        GuestEntryPoint callback = longMode ? vcpu.EntryPoints.Syscall : vcpu.EntryPoints.Syscall32;
        if (callback.Address == 0)
        {
            state.Rip -= InstructionLength;
            TrapDelivery.Raise(vcpu, ExceptionVector.InvalidOpcode);
            return;
        }

        TrapDelivery.Enter(vcpu, callback, hasErrorCode: false, 0);
        if ((flags & ProcessorFlags.Direction) != 0)
        {
            state.Rflags &= ~ProcessorFlags.Direction;      // the ABI's only fixed SYSCALL mask
        }
    }

    /// <summary>SYSENTER tells no return address: the frame has RIP and RSP 0 and a null CS.</summary>
    internal static void EnterBySysenter(Vcpu vcpu)
    {
        ref CpuState state = ref vcpu.Cpu.State;
        GuestEntryPoint callback = vcpu.EntryPoints.Sysenter;
        if (callback.Address == 0)
        {
            TrapDelivery.RaiseProtection(vcpu);
            return;
        }

        state.Rip = 0;
        state.Rsp = 0;
        state.Cs = 3;
        state.Ss = X86Selectors.Stack;
        state.Rflags &= ~ProcessorFlags.NestedTask;
        TrapDelivery.Enter(vcpu, callback, hasErrorCode: false, 0);
    }
}
