// SPDX-License-Identifier: MIT
using Domovoi.Cpu.State;
using Domovoi.Hypervisor.Traps;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary>Small hypercalls that set one thing of the calling processor.</summary>
internal static class ProcessorCalls
{
    /// <summary><c>__HYPERVISOR_stack_switch</c>: the selector is fixed, the pointer counts.</summary>
    internal static long StackSwitch(Vcpu caller, in HypercallArguments arguments)
    {
        caller.KernelStackPointer = arguments.A1;
        return 0;
    }

    /// <summary><c>__HYPERVISOR_fpu_taskswitch</c></summary>
    internal static long FpuTaskSwitch(Vcpu caller, in HypercallArguments arguments)
    {
        caller.Cpu.TaskSwitched = (int)arguments.A0 != 0;
        return 0;
    }

    /// <summary><c>__HYPERVISOR_set_debugreg</c></summary>
    internal static long SetDebugRegister(Vcpu caller, in HypercallArguments arguments) =>
        (long)DebugRegisters.Write(caller, (uint)arguments.A0, arguments.A1);

    /// <summary><c>__HYPERVISOR_get_debugreg</c></summary>
    internal static long GetDebugRegister(Vcpu caller, in HypercallArguments arguments) =>
        DebugRegisters.TryRead(caller, (uint)arguments.A0, out ulong value) ? (long)value : (long)XenError.NoDevice;

    /// <summary><c>__HYPERVISOR_set_segment_base</c></summary>
    internal static long SetSegmentBase(Vcpu caller, in HypercallArguments arguments)
    {
        ulong linear = arguments.A1;
        SegmentBase which = (SegmentBase)(uint)arguments.A0;
        if (which == SegmentBase.GsUserSelector)
        {
            caller.InactiveGsBase = SegmentLoads.LoadGsSelector(caller, (ushort)linear);
            return 0;
        }

        if (!X86Addresses.IsCanonical(linear))
        {
            return (long)XenError.InvalidArgument;
        }

        ref CpuState state = ref caller.Cpu.State;
        switch (which)
        {
            case SegmentBase.Fs:
                state.FsBase = linear;
                return 0;
            case SegmentBase.GsUser:
                caller.InactiveGsBase = linear;
                return 0;
            case SegmentBase.GsKernel:
                state.GsBase = linear;
                return 0;
            default:
                return (long)XenError.InvalidArgument;
        }
    }
}
