// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Xen.Abi;

/// <summary><c>struct iret_context</c>, arch-x86/xen-x86_64.h: what RSP points at when the guest calls <c>__HYPERVISOR_iret</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IretFrame
{
    /// <summary>Bytes.</summary>
    public const int Size = 72;

    public ulong Rax;
    public ulong R11;
    public ulong Rcx;

    /// <summary><see cref="GuestContextFlags.InSyscall"/> or 0.</summary>
    public ulong Flags;
    public ulong Rip;
    public ulong Cs;
    public ulong Rflags;
    public ulong Rsp;
    public ulong Ss;
}
