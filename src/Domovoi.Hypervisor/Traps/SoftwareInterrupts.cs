// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Run;
using Domovoi.Hypervisor.Vcpus;

namespace Domovoi.Hypervisor.Traps;

/// <summary>INT n, INT3, INTO and INT1.</summary>
internal static class SoftwareInterrupts
{
    private const byte LinuxSystemCall = 0x80;
    private const uint IdtBit = 2;

    internal static void Handle(Vcpu vcpu, ExitDetails exit)
    {
        byte vector = exit.Vector;
        bool free = vector switch
        {
            ExceptionVector.Breakpoint or ExceptionVector.Overflow => true,
            ExceptionVector.Debug => exit.IsInt1,
            LinuxSystemCall => vcpu.EntryPoints.Trap(vector).Address != 0,
            _ => false,
        };
        int ring = vcpu.IsInKernelMode ? 1 : 3;
        if (!free && vcpu.EntryPoints.PrivilegeLevel(vector) < ring)
        {
            TrapDelivery.RaiseProtection(vcpu, ((uint)vector << 3) | IdtBit);
            return;
        }

        vcpu.Cpu.State.Rip = exit.NextRip;
        if (vector == ExceptionVector.Debug)
        {
            TrapDelivery.RaiseDebug(vcpu, causes: 0);
        }
        else
        {
            TrapDelivery.Raise(vcpu, vector);
        }
    }
}
