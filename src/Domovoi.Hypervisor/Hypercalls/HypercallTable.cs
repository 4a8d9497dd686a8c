// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using Domovoi.Cpu.State;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary>What a hypercall does. The result goes to the guest's RAX.</summary>
internal delegate long HypercallHandler(Vcpu caller, in HypercallArguments arguments);

/// <summary>Every hypercall of a 64-bit PV domU, one line each; the others answer <c>-ENOSYS</c> as Xen would.</summary>
internal static class HypercallTable
{
    private const int Size = 64;

    private static readonly HypercallHandler?[] Handlers = Build();

    /// <summary>Whether a number has a handler of its own.</summary>
    internal static bool IsImplemented(HypercallNumber number) =>
        (uint)number < Size && Handlers[(int)number] is not null;

    /// <summary>Makes the hypercall that the guest's registers ask for.</summary>
    internal static void Call(Vcpu vcpu)
    {
        ref CpuState state = ref vcpu.Cpu.State;
        HypercallArguments arguments = new(state.Rdi, state.Rsi, state.Rdx, state.R10, state.R8);
        long result = Dispatch(vcpu, state.Rax, in arguments);
        if (vcpu.CallIsContinued)
        {
            Continuation.Rewind(vcpu);
            return;
        }

        vcpu.Cpu.State.Rax = (ulong)result;
    }

    /// <summary>Calls the handler of a number; also for <c>__HYPERVISOR_multicall</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long Dispatch(Vcpu vcpu, ulong number, in HypercallArguments arguments)
    {
        HypercallHandler?[] handlers = Handlers;
        HypercallHandler? handler = number < (ulong)handlers.Length ? handlers[number] : null;
        vcpu.Counters.CountHypercall(number);
        return handler is null ? LogUnknown(vcpu, number) : handler(vcpu, in arguments);
    }

    private static HypercallHandler?[] Build()
    {
        HypercallHandler?[] table = new HypercallHandler?[Size];
        table[(int)HypercallNumber.SetTrapTable] = SetTrapTable.Invoke;
        table[(int)HypercallNumber.MmuUpdate] = MmuUpdate.Invoke;
        table[(int)HypercallNumber.SetGdt] = Descriptors.SetGdt;
        table[(int)HypercallNumber.StackSwitch] = ProcessorCalls.StackSwitch;
        table[(int)HypercallNumber.SetCallbacks] = CallbackOp.SetCallbacks;
        table[(int)HypercallNumber.FpuTaskSwitch] = ProcessorCalls.FpuTaskSwitch;
        table[(int)HypercallNumber.SchedOpCompat] = SchedOp.InvokeCompat;
        table[(int)HypercallNumber.PlatformOp] = NotPrivileged;
        table[(int)HypercallNumber.SetDebugRegister] = ProcessorCalls.SetDebugRegister;
        table[(int)HypercallNumber.GetDebugRegister] = ProcessorCalls.GetDebugRegister;
        table[(int)HypercallNumber.UpdateDescriptor] = Descriptors.Update;
        table[(int)HypercallNumber.MemoryOp] = MemoryOp.Invoke;
        table[(int)HypercallNumber.Multicall] = Multicall.Invoke;
        table[(int)HypercallNumber.UpdateVaMapping] = UpdateVaMapping.Invoke;
        table[(int)HypercallNumber.SetTimerOp] = SetTimerOp.Invoke;
        table[(int)HypercallNumber.XenVersion] = XenVersion.Invoke;
        table[(int)HypercallNumber.ConsoleIo] = ConsoleIo.Invoke;
        table[(int)HypercallNumber.GrantTableOp] = GrantTableOp.Invoke;
        table[(int)HypercallNumber.VmAssist] = VmAssist.Invoke;
        table[(int)HypercallNumber.UpdateVaMappingOtherDomain] = UpdateVaMapping.InvokeForOtherDomain;
        table[(int)HypercallNumber.Iret] = Iret.Invoke;
        table[(int)HypercallNumber.VcpuOp] = VcpuOp.Invoke;
        table[(int)HypercallNumber.SetSegmentBase] = ProcessorCalls.SetSegmentBase;
        table[(int)HypercallNumber.MmuExtOp] = MmuExtOp.Invoke;
        table[(int)HypercallNumber.NmiOp] = CallbackOp.NmiOp;
        table[(int)HypercallNumber.SchedOp] = SchedOp.Invoke;
        table[(int)HypercallNumber.CallbackOp] = CallbackOp.Invoke;
        table[(int)HypercallNumber.EventChannelOp] = EventChannelOp.Invoke;
        table[(int)HypercallNumber.PhysdevOp] = PhysdevOp.Invoke;
        table[(int)HypercallNumber.Sysctl] = NotPrivileged;
        table[(int)HypercallNumber.Domctl] = NotPrivileged;
        table[(int)HypercallNumber.KexecOp] = NotPrivileged;
        table[(int)HypercallNumber.Mca] = NotPrivileged;
        return table;
    }

    /// <summary>A domU's answer from calls that are the control domain's.</summary>
    private static long NotPrivileged(Vcpu caller, in HypercallArguments arguments) => (long)XenError.NotPermitted;

    private static long LogUnknown(Vcpu vcpu, ulong number)
    {
        HypercallNumber name = (HypercallNumber)Math.Min(number, uint.MaxValue);
        vcpu.Domain.Log.WriteOnce($"hypercall {name}", $"Hypercall {number} ({HypercallName.Of(name)}) is not implemented.");
        return (long)XenError.NotImplemented;
    }
}
