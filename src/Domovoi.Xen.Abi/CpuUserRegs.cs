// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Xen.Abi;

/// <summary><c>struct cpu_user_regs</c>, arch-x86/xen-x86_64.h.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct CpuUserRegs
{
    /// <summary>Bytes.</summary>
    public const int Size = 200;

    public ulong R15;
    public ulong R14;
    public ulong R13;
    public ulong R12;
    public ulong Rbp;
    public ulong Rbx;
    public ulong R11;
    public ulong R10;
    public ulong R9;
    public ulong R8;
    public ulong Rax;
    public ulong Rcx;
    public ulong Rdx;
    public ulong Rsi;
    public ulong Rdi;
    public uint ErrorCode;
    public uint EntryVector;
    public ulong Rip;
    public ushort Cs;
    private ushort _padding0;
    public byte SavedUpcallMask;
    private byte _padding1;
    private ushort _padding2;
    public ulong Rflags;
    public ulong Rsp;
    public ulong Ss;
    public ulong Es;
    public ulong Ds;
    public ulong Fs;
    public ulong Gs;
}
