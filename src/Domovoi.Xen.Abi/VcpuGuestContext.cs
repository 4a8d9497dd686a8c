// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Domovoi.Xen.Abi;

/// <summary><c>struct vcpu_guest_context</c> of a 64-bit guest, arch-x86/xen.h.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VcpuGuestContext
{
    /// <summary>Bytes.</summary>
    public const int Size = 5168;

    public GuestFpuContext Fpu;
    public GuestContextFlags Flags;
    public CpuUserRegs UserRegs;
    public TrapTable Traps;
    public ulong LdtBase;
    public ulong LdtEntries;
    public GuestGdtFrames GdtFrames;
    public ulong GdtEntries;
    public ulong KernelSs;
    public ulong KernelSp;

    /// <summary>[1] is the user page directory, [3] the kernel's, both as <c>xen_pfn_to_cr3</c>: the machine address.</summary>
    public GuestEightWords ControlRegisters;
    public GuestEightWords DebugRegisters;
    public ulong EventCallback;
    public ulong FailsafeCallback;
    public ulong SyscallCallback;
    public ulong VmAssists;
    public ulong FsBase;
    public ulong GsBaseKernel;
    public ulong GsBaseUser;
}

/// <summary><c>VGCF_*</c></summary>
[Flags]
public enum GuestContextFlags : ulong
{
    None = 0,

    /// <summary><c>VGCF_i387_valid</c></summary>
    FpuValid = 1 << 0,

    /// <summary><c>VGCF_in_kernel</c></summary>
    InKernel = 1 << 2,

    /// <summary><c>VGCF_failsafe_disables_events</c></summary>
    FailsafeMasksEvents = 1 << 3,

    /// <summary><c>VGCF_syscall_disables_events</c></summary>
    SyscallMasksEvents = 1 << 4,

    /// <summary><c>VGCF_online</c></summary>
    Online = 1 << 5,

    /// <summary><c>VGCF_in_syscall</c>: iret leaves RCX and R11 alone.</summary>
    InSyscall = 1 << 8,
}

/// <summary><c>vcpu_guest_context.fpu_ctxt</c>: an FXSAVE image.</summary>
[InlineArray(512)]
public struct GuestFpuContext
{
    private byte _element;
}

/// <summary><c>vcpu_guest_context.gdt_frames</c></summary>
[InlineArray(16)]
public struct GuestGdtFrames
{
    private ulong _element;
}

/// <summary><c>vcpu_guest_context.ctrlreg</c> and <c>debugreg</c></summary>
[InlineArray(8)]
public struct GuestEightWords
{
    private ulong _element;
}
