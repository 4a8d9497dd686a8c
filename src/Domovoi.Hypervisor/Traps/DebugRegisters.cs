// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Run;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Traps;

/// <summary>DR0 to DR7, by MOV and by <c>__HYPERVISOR_set_debugreg</c>.</summary>
/// <remarks>The engine watches instructions and memory; breakpoints on ports are matched by <see cref="PortIo"/>.</remarks>
internal static class DebugRegisters
{
    private const ulong Cr4DebugExtensions = 1 << 3;
    private const ulong Dr6AlwaysOne = 0xFFFF_0FF0;
    private const ulong Dr6Settable = 0xE00F;
    private const ulong Dr7AlwaysOne = 0x400;
    private const ulong Dr7Reserved = 0xD000;
    private const ulong GeneralDetect = 1 << 13;
    private const ulong AnyEnable = 0xFF;
    private const int IoBreakpoint = 2;

    internal static void Emulate(Vcpu vcpu, in ExitDetails exit)
    {
        if (!vcpu.IsInKernelMode)
        {
            TrapDelivery.RaiseProtection(vcpu);
        }
        else if (exit.Operation == PrivilegedOperation.ReadDebug)
        {
            if (TryRead(vcpu, exit.Number, out ulong value))
            {
                vcpu.Cpu.Complete(value);
            }
            else
            {
                TrapDelivery.Raise(vcpu, ExceptionVector.InvalidOpcode);
            }
        }
        else
        {
            FinishWrite(vcpu, Write(vcpu, exit.Number, exit.Value));
        }
    }

    internal static bool TryRead(Vcpu vcpu, uint number, out ulong value)
    {
        PrivilegedState state = vcpu.Privileged;
        bool aliases = (state.Cr4 & Cr4DebugExtensions) == 0;
        switch (number)
        {
            case <= 3:
                value = state.BreakpointAddresses[number];
                return true;
            case 6:
            case 4 when aliases:
                value = state.Dr6;
                return true;
            case 7:
            case 5 when aliases:
                value = state.Dr7 | state.Dr7Emulated;
                return true;
            default:
                value = 0;
                return false;
        }
    }

    /// <summary>Writes a register as Xen's <c>set_debugreg</c>: NoDevice where MOV would give #UD, the other errors where #GP.</summary>
    internal static XenError Write(Vcpu vcpu, uint number, ulong value)
    {
        PrivilegedState state = vcpu.Privileged;
        bool aliases = (state.Cr4 & Cr4DebugExtensions) == 0;
        switch (number)
        {
            case <= 3:
                if (!X86Addresses.IsCanonical(value) || X86Addresses.IsReserved(value))
                {
                    return XenError.NotPermitted;
                }

                state.BreakpointAddresses[number] = value;
                vcpu.Cpu.SetBreakpoints(state.BreakpointAddresses, state.Dr7);
                return XenError.None;
            case 6:
            case 4 when aliases:
                if (value > uint.MaxValue)
                {
                    return XenError.InvalidArgument;
                }

                state.Dr6 = (value & Dr6Settable) | Dr6AlwaysOne;
                return XenError.None;
            case 7:
            case 5 when aliases:
                XenError error = WriteControl(state, value);
                vcpu.Cpu.SetBreakpoints(state.BreakpointAddresses, state.Dr7);
                return error;
            default:
                return XenError.NoDevice;
        }
    }

    /// <summary>The breakpoints that an access to ports touches, as bits of DR6.</summary>
    internal static ulong AtPorts(PrivilegedState state, uint port, int size)
    {
        ulong found = 0;
        for (int index = 0; index < 4 && state.Dr7Emulated != 0; index++)
        {
            ulong length = ((state.Dr7 >> (18 + (index * 4))) & 3) switch { 0 => 1, 1 => 2, 2 => 8, _ => 4 };
            ulong first = state.BreakpointAddresses[index] & ~(length - 1);
            bool enabled = (state.Dr7Emulated & (3UL << (index * 2))) != 0;
            found |= enabled && port < first + length && first < port + (uint)size ? 1UL << index : 0;
        }

        return found;
    }

    private static XenError WriteControl(PrivilegedState state, ulong value)
    {
        if (value > uint.MaxValue)
        {
            return XenError.InvalidArgument;
        }

        if ((value & GeneralDetect) != 0)
        {
            return XenError.NotPermitted;
        }

        ulong ioEnables = 0;
        for (int index = 0; index < 4 && (value & AnyEnable) != 0; index++)
        {
            if (((value >> (16 + (index * 4))) & 3) == IoBreakpoint)
            {
                if ((state.Cr4 & Cr4DebugExtensions) == 0)
                {
                    return XenError.NotPermitted;
                }

                ioEnables |= value & (3UL << (index * 2));
            }
        }

        state.Dr7Emulated = ioEnables;
        state.Dr7 = (value & ~Dr7Reserved & ~ioEnables) | Dr7AlwaysOne;
        return XenError.None;
    }

    private static void FinishWrite(Vcpu vcpu, XenError error)
    {
        switch (error)
        {
            case XenError.None:
                vcpu.Cpu.Skip();
                break;
            case XenError.NoDevice:
                TrapDelivery.Raise(vcpu, ExceptionVector.InvalidOpcode);
                break;
            default:
                TrapDelivery.RaiseProtection(vcpu);
                break;
        }
    }
}
