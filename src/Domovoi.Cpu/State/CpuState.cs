// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Cpu.State;

/// <summary>The registers of one processor. Translated code uses the same memory, at the offsets the attributes give.</summary>
[StructLayout(LayoutKind.Explicit)]
public struct CpuState
{
    [FieldOffset(0x00)] public ulong Rax;
    [FieldOffset(0x08)] public ulong Rcx;
    [FieldOffset(0x10)] public ulong Rdx;
    [FieldOffset(0x18)] public ulong Rbx;
    [FieldOffset(0x20)] public ulong Rsp;
    [FieldOffset(0x28)] public ulong Rbp;
    [FieldOffset(0x30)] public ulong Rsi;
    [FieldOffset(0x38)] public ulong Rdi;
    [FieldOffset(0x40)] public ulong R8;
    [FieldOffset(0x48)] public ulong R9;
    [FieldOffset(0x50)] public ulong R10;
    [FieldOffset(0x58)] public ulong R11;
    [FieldOffset(0x60)] public ulong R12;
    [FieldOffset(0x68)] public ulong R13;
    [FieldOffset(0x70)] public ulong R14;
    [FieldOffset(0x78)] public ulong R15;
    [FieldOffset(0x80)] public ulong Rip;

    /// <summary>Segment bases; CS, DS, ES and SS bases count in compatibility mode only.</summary>
    [FieldOffset(0x90)] public ulong FsBase;
    [FieldOffset(0x98)] public ulong GsBase;
    [FieldOffset(0xA0)] public ulong EsBase;
    [FieldOffset(0xA8)] public ulong CsBase;
    [FieldOffset(0xB0)] public ulong SsBase;
    [FieldOffset(0xB8)] public ulong DsBase;

    [FieldOffset(0xC0)] public ushort Es;
    [FieldOffset(0xC2)] public ushort Cs;
    [FieldOffset(0xC4)] public ushort Ss;
    [FieldOffset(0xC6)] public ushort Ds;
    [FieldOffset(0xC8)] public ushort Fs;
    [FieldOffset(0xCA)] public ushort Gs;

    /// <summary>Whether CS is a 64-bit code segment; otherwise 32-bit compatibility mode.</summary>
    [FieldOffset(0xCC)] public bool LongMode;

    /// <summary>RFLAGS, all bits.</summary>
    public ulong Rflags
    {
        readonly get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }
}
