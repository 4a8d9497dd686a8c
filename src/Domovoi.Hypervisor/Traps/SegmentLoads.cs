// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Run;
using Domovoi.Cpu.State;
using Domovoi.Hypervisor.Vcpus;

namespace Domovoi.Hypervisor.Traps;

/// <summary>MOV and POP to a segment register, LFS and the like: SDM 2 "MOV", as ring 3 sees it, from the guest's own tables.</summary>
internal static class SegmentLoads
{
    private const uint StackSegment = 2;
    private const uint CodeSegment = 1;

    internal static void Emulate(Vcpu vcpu, in ExitDetails exit)
    {
        bool isPointer = exit.Operation == PrivilegedOperation.LoadFarPointer;
        ushort selector = isPointer ? exit.Selector : (ushort)exit.Value;
        if (exit.Number == CodeSegment)
        {
            TrapDelivery.Raise(vcpu, ExceptionVector.InvalidOpcode);
            return;
        }

        byte fault = Check(vcpu, exit.Number, selector, out SegmentDescriptor descriptor);
        if (fault != 0)
        {
            TrapDelivery.Raise(vcpu, fault, selector & 0xFFFCu);
            return;
        }

        Load(ref vcpu.Cpu.State, exit.Number, selector, descriptor.Base);
        if (isPointer)
        {
            vcpu.Cpu.Complete(exit.Value);
        }
        else
        {
            vcpu.Cpu.Skip();
        }
    }

    /// <summary>Loads the user's GS for <c>SEGBASE_GS_USER_SEL</c>: a selector that cannot be loaded becomes null.</summary>
    internal static ulong LoadGsSelector(Vcpu vcpu, ushort selector)
    {
        const uint Gs = 5;
        ushort wanted = selector > 3 ? (ushort)(selector | 3) : selector;
        bool loads = Check(vcpu, Gs, wanted, out SegmentDescriptor descriptor) == 0;
        vcpu.Cpu.State.Gs = loads ? wanted : (ushort)0;
        return loads ? descriptor.Base : 0;
    }

    /// <summary>Whether ring 3 may load a data segment register; otherwise the vector of the fault.</summary>
    internal static byte Check(Vcpu vcpu, uint register, ushort selector, out SegmentDescriptor descriptor)
    {
        if ((selector & ~3) == 0)
        {
            descriptor = default;
            return register == StackSegment ? ExceptionVector.GeneralProtection : (byte)0;
        }

        if (!vcpu.Descriptors.TryRead(vcpu, selector, out descriptor) || !descriptor.IsSegment)
        {
            return ExceptionVector.GeneralProtection;
        }

        bool fits = register == StackSegment
            ? (selector & 3) == 3 && descriptor is { IsCode: false, IsReadableOrWritable: true, PrivilegeLevel: 3 }
            : (!descriptor.IsCode || descriptor.IsReadableOrWritable)
                && (descriptor.PrivilegeLevel == 3 || descriptor is { IsCode: true, IsConforming: true });
        if (!fits)
        {
            return ExceptionVector.GeneralProtection;
        }

        return descriptor.IsPresent ? (byte)0
            : register == StackSegment ? ExceptionVector.StackFault : ExceptionVector.SegmentNotPresent;
    }

    private static void Load(ref CpuState state, uint register, ushort selector, ulong @base)
    {
        switch (register)
        {
            case 0:
                state.Es = selector;
                state.EsBase = @base;
                break;
            case StackSegment:
                state.Ss = selector;
                state.SsBase = @base;
                break;
            case 3:
                state.Ds = selector;
                state.DsBase = @base;
                break;
            case 4:
                state.Fs = selector;
                state.FsBase = @base;
                break;
            default:
                state.Gs = selector;
                state.GsBase = @base;
                break;
        }
    }
}
