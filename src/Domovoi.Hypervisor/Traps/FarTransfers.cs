// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using Domovoi.Cpu.Run;
using Domovoi.Cpu.State;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Traps;

/// <summary>Far JMP, CALL and RET, and IRET as an instruction: all inside ring 3, between 64-bit and 32-bit code.</summary>
internal static class FarTransfers
{
    internal static void Emulate(Vcpu vcpu, in ExitDetails exit)
    {
        switch (exit.Operation)
        {
            case PrivilegedOperation.FarJump:
                Transfer(vcpu, exit.Selector, exit.Value);
                break;
            case PrivilegedOperation.FarCall:
                Call(vcpu, exit);
                break;
            case PrivilegedOperation.FarReturn:
                Return(vcpu, exit);
                break;
            default:
                InterruptReturn(vcpu, exit);
                break;
        }
    }

    /// <summary>Whether ring 3 may run the code segment a selector names; otherwise the vector of the fault.</summary>
    internal static byte CheckCode(Vcpu vcpu, ushort selector, out SegmentDescriptor descriptor)
    {
        if (!vcpu.Descriptors.TryRead(vcpu, selector, out descriptor)
            || descriptor is not { IsSegment: true, IsCode: true }
            || (descriptor.PrivilegeLevel != 3 && !descriptor.IsConforming)
            || (descriptor.IsLong && descriptor.Is32Bit))
        {
            return ExceptionVector.GeneralProtection;
        }

        return descriptor.IsPresent ? (byte)0 : ExceptionVector.SegmentNotPresent;
    }

    /// <summary>Enters a code segment that was checked.</summary>
    internal static void EnterCode(ref CpuState state, ushort selector, SegmentDescriptor descriptor, ulong rip)
    {
        state.Cs = (ushort)(selector | 3);
        state.LongMode = descriptor.IsLong;
        state.CsBase = descriptor.IsLong ? 0 : descriptor.Base;
        state.Rip = descriptor.IsLong ? rip : (uint)rip;
    }

    private static bool Transfer(Vcpu vcpu, ushort selector, ulong target)
    {
        byte fault = CheckCode(vcpu, selector, out SegmentDescriptor descriptor);
        if (fault == 0 && descriptor.IsLong && !X86Addresses.IsCanonical(target))
        {
            TrapDelivery.RaiseProtection(vcpu);
            return false;
        }

        if (fault != 0)
        {
            TrapDelivery.Raise(vcpu, fault, selector & 0xFFFCu);
            return false;
        }

        EnterCode(ref vcpu.Cpu.State, selector, descriptor, target);
        return true;
    }

    private static void Call(Vcpu vcpu, in ExitDetails exit)
    {
        int size = exit.Size;
        ref CpuState state = ref vcpu.Cpu.State;
        Span<byte> frame = stackalloc byte[2 * sizeof(ulong)];
        Put(frame, 0, size, exit.NextRip);
        Put(frame, 1, size, state.Cs);
        ulong stack = state.Rsp - ((ulong)size * 2);
        ulong linear = StackLinear(in state, stack);
        byte fault = CheckCode(vcpu, exit.Selector, out _);
        if (fault == 0 && !vcpu.TryWrite(linear, frame[..(2 * size)]))
        {
            TrapDelivery.RaisePageFault(vcpu, linear, errorCode: 2);
            return;
        }

        if (Transfer(vcpu, exit.Selector, exit.Value))
        {
            vcpu.Cpu.State.Rsp = stack;
        }
    }

    private static void Return(Vcpu vcpu, in ExitDetails exit)
    {
        int size = exit.Size;
        ref CpuState state = ref vcpu.Cpu.State;
        ulong linear = StackLinear(in state, state.Rsp);
        Span<byte> frame = stackalloc byte[2 * sizeof(ulong)];
        if (!vcpu.TryRead(linear, frame[..(2 * size)]))
        {
            TrapDelivery.RaisePageFault(vcpu, linear, errorCode: 0);
            return;
        }

        ulong stack = state.Rsp + ((ulong)size * 2) + exit.Value;
        ushort selector = (ushort)Get(frame, 1, size);
        if (!IsRingThree(vcpu, selector))
        {
            return;
        }

        if (Transfer(vcpu, selector, Get(frame, 0, size)))
        {
            vcpu.Cpu.State.Rsp = stack;
        }
    }

    /// <summary>Linux uses IRETQ to its own CS to serialize (<c>sync_core</c>). IF and IOPL do not change outside ring 0.</summary>
    private static void InterruptReturn(Vcpu vcpu, in ExitDetails exit)
    {
        int size = exit.Size;
        ref CpuState state = ref vcpu.Cpu.State;
        int words = state.LongMode ? 5 : 3;
        ulong linear = StackLinear(in state, state.Rsp);
        Span<byte> frame = stackalloc byte[5 * sizeof(ulong)];
        if (!vcpu.TryRead(linear, frame[..(words * size)]))
        {
            TrapDelivery.RaisePageFault(vcpu, linear, errorCode: 0);
            return;
        }

        ushort selector = (ushort)Get(frame, 1, size);
        ushort stackSelector = words == 5 ? (ushort)Get(frame, 4, size) : state.Ss;
        ulong stack = words == 5 ? Get(frame, 3, size) : state.Rsp + ((ulong)size * 3);
        if (!IsRingThree(vcpu, selector))
        {
            return;
        }

        byte fault = SegmentLoads.Check(vcpu, 2, stackSelector, out SegmentDescriptor stackDescriptor);
        if (fault != 0)
        {
            TrapDelivery.Raise(vcpu, fault, stackSelector & 0xFFFCu);
            return;
        }

        ulong flags = Get(frame, 2, size);
        if (Transfer(vcpu, selector, Get(frame, 0, size)))
        {
            const ulong Kept = ProcessorFlags.Interrupt | ProcessorFlags.IoPrivilege | ProcessorFlags.Virtual8086;
            ref CpuState after = ref vcpu.Cpu.State;
            after.Rsp = stack;
            after.Ss = stackSelector;
            after.SsBase = stackDescriptor.Base;
            after.Rflags = (flags & ProcessorFlags.All & ~Kept) | (after.Rflags & Kept) | ProcessorFlags.AlwaysOne;
        }
    }

    /// <summary>A return may not lead to an inner ring: the selector's RPL must be 3.</summary>
    private static bool IsRingThree(Vcpu vcpu, ushort selector)
    {
        if ((selector & 3) == 3)
        {
            return true;
        }

        TrapDelivery.RaiseProtection(vcpu, selector & 0xFFFCu);
        return false;
    }

    private static ulong StackLinear(in CpuState state, ulong offset) =>
        state.LongMode ? offset : (uint)(state.SsBase + offset);

    private static void Put(Span<byte> frame, int index, int size, ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        bytes[..size].CopyTo(frame[(index * size)..]);
    }

    private static ulong Get(ReadOnlySpan<byte> frame, int index, int size)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        frame.Slice(index * size, size).CopyTo(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}
