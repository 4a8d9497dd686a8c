// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Vcpus;

/// <summary>Processor state that a PV guest reaches only through privileged instructions and hypercalls.</summary>
public sealed class PrivilegedState
{
    /// <summary>CR4 at the start: PAE, MCE, OSFXSR, OSXMMEXCPT.</summary>
    public const ulong InitialCr4 = (1 << 5) | (1 << 6) | (1 << 9) | (1 << 10);

    public ulong Cr2 { get; set; }

    public ulong Cr4 { get; set; } = InitialCr4;

    /// <summary>DR0 to DR3.</summary>
    public ulong[] BreakpointAddresses { get; } = new ulong[4];

    public ulong Dr6 { get; set; } = 0xFFFF_0FF0;

    /// <summary>DR7 without the I/O breakpoints' enable bits.</summary>
    public ulong Dr7 { get; set; } = 0x400;

    /// <summary>The enable bits of I/O breakpoints, which are matched by software.</summary>
    public ulong Dr7Emulated { get; set; }

    /// <summary>MSR_MISC_FEATURES_ENABLES bit 0: CPUID faults in user mode.</summary>
    public bool CpuidFaulting { get; set; }

    /// <summary><c>PHYSDEVOP_set_iobitmap</c>: guest address.</summary>
    public ulong IoBitmap { get; set; }

    /// <summary>Ports the bitmap covers.</summary>
    public uint IoBitmapPorts { get; set; }

    /// <summary>CONFIG_ADDRESS, port 0xCF8.</summary>
    public uint PciConfigAddress { get; set; }
}
