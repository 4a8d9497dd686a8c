// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Run;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Traps;

/// <summary>IN, OUT, INS and OUTS of a domain that has no devices: where allowed, reads give ones and writes go nowhere.</summary>
internal static class PortIo
{
    private const ushort PciConfigAddress = 0xCF8;

    internal static void Emulate(Vcpu vcpu, in ExitDetails exit)
    {
        if (!IsAllowed(vcpu, exit.Number, exit.Size))
        {
            TrapDelivery.RaiseProtection(vcpu);
            return;
        }

        Access(vcpu, exit);
        ulong breakpoints = DebugRegisters.AtPorts(vcpu.Privileged, exit.Number, exit.Size);
        if (breakpoints != 0)
        {
            TrapDelivery.RaiseDebug(vcpu, breakpoints);
        }
    }

    private static void Access(Vcpu vcpu, in ExitDetails exit)
    {
        bool isConfigAddress = exit.Number == PciConfigAddress && exit.Size == 4;
        if (exit.Operation == PrivilegedOperation.PortIn)
        {
            vcpu.Cpu.Complete(isConfigAddress ? vcpu.Privileged.PciConfigAddress : uint.MaxValue >> (32 - (exit.Size * 8)));
            return;
        }

        if (isConfigAddress)
        {
            vcpu.Privileged.PciConfigAddress = (uint)exit.Value;
        }

        vcpu.Cpu.Skip();
    }

    /// <summary>Whether the guest's IOPL covers its mode: its kernel counts as ring 1, or ring 0 with <c>VMASST_TYPE_architectural_iopl</c>.</summary>
    internal static bool HasIoPrivilege(Vcpu vcpu)
    {
        ulong ring = vcpu.IsInKernelMode ? (vcpu.Domain.Assists & VmAssists.ArchitecturalIopl) != 0 ? 0ul : 1ul : 3ul;
        return ring <= vcpu.IoPrivilegeLevel >> 12;
    }

    private static bool IsAllowed(Vcpu vcpu, uint port, int size)
    {
        if (HasIoPrivilege(vcpu))
        {
            return true;
        }

        return port + (uint)size <= vcpu.Privileged.IoBitmapPorts && IsInBitmap(vcpu, port, size);
    }

    private static bool IsInBitmap(Vcpu vcpu, uint port, int size)
    {
        bool allowed = false;
        vcpu.WithKernelAddressSpace(0, (own, _) =>
            allowed = own.TryRead(own.Privileged.IoBitmap + (port >> 3), out ushort bits)
                && (bits & (((1u << size) - 1) << (int)(port & 7))) == 0);
        return allowed;
    }
}
