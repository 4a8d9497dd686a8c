// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Cpu.State;

/// <summary>The registers of one processor. Translated code uses the same memory, at the offsets the attributes give.</summary>
[StructLayout(LayoutKind.Explicit)]
public struct CpuState
{
    internal const int PausesBetweenYields = 128;
    internal const ulong ArithmeticMask = 0x8D5;

    /// <summary>What PUSHF stores as 1 whatever it is: bit 1 and IF.</summary>
    internal const int FlagsAlwaysSet = 0x202;

    /// <summary>The other flags that PUSHF stores as they are: neither VM nor RF.</summary>
    internal const ulong SystemImageMask = 0x00FC_FFFF & ~ArithmeticMask & ~(ulong)FlagsAlwaysSet;

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

    [FieldOffset(0x90)] public ulong FsBase;
    [FieldOffset(0x98)] public ulong GsBase;

    /// <summary>The bases of ES, CS, SS and DS count in compatibility mode only.</summary>
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

    /// <summary>CF, PF, AF, ZF and SF in bits 8 to 15 as LAHF leaves them, OF in bit 0 as SETO leaves it.</summary>
    [FieldOffset(0xD0)] internal ulong ArithmeticFlags;

    /// <summary>RFLAGS without the six arithmetic flags.</summary>
    [FieldOffset(0xD8)] internal ulong SystemFlags;

    [FieldOffset(0xE0)] internal nint HostResume;
    [FieldOffset(0xF0)] internal int Go;
    [FieldOffset(0xF4)] internal int Leave;
    [FieldOffset(0xF8)] internal ulong ScratchR14;
    [FieldOffset(0x100)] internal ulong ScratchR15;
    [FieldOffset(0x108)] internal int PendingStore;

    /// <summary>MXCSR.</summary>
    [FieldOffset(0x10C)] public uint Mxcsr;
    [FieldOffset(0x110)] internal uint HostMxcsr;

    /// <summary>What RDTSCP and RDPID return: MSR_TSC_AUX.</summary>
    [FieldOffset(0x114)] public uint TscAux;
    [FieldOffset(0x118)] internal nint WrittenSlots;
    [FieldOffset(0x120)] internal ulong PageMask;
    [FieldOffset(0x128)] internal ulong JumpMask;
    [FieldOffset(0x130)] internal nint HostFaultRip;
    [FieldOffset(0x138)] internal ulong HostFaultTrap;

    /// <summary>XCR0 as the guest set it.</summary>
    [FieldOffset(0x150)] public ulong Xcr0;

    [FieldOffset(0x180)] internal nint KernelWalkRoot;
    [FieldOffset(0x188)] internal nint UserWalkRoot;
    [FieldOffset(0x190)] internal nint ReservedRoot;
    [FieldOffset(0x198)] internal int ReservedFirst;
    [FieldOffset(0x19C)] internal int ReservedCount;
    [FieldOffset(0x1A0)] internal ulong UserBits;
    [FieldOffset(0x1A8)] internal ulong FrameMask;
    [FieldOffset(0x1B0)] internal ulong MemoryLength;
    [FieldOffset(0x1B8)] internal nint MemoryBase;

    /// <summary>Whether the vector registers and MXCSR are in the host's registers; else they are in the state block.</summary>
    [FieldOffset(0x1C0)] internal int VectorsResident;

    /// <summary>Whether they were when translated code left last: code that goes on in the middle of a block wants them back.</summary>
    [FieldOffset(0x1C4)] internal int VectorsWereResident;

    /// <summary>Whether any upper half of a YMM register in the state block may be other than 0.</summary>
    [FieldOffset(0x1D8)] internal int UppersInUse;

    [FieldOffset(0x1E0)] internal nint Self;

    /// <summary>Counts down to the PAUSE at which the host's scheduler is asked.</summary>
    [FieldOffset(0x1E8)] internal int PausesLeft;
    [FieldOffset(0x1F0)] internal ulong PushedArithmetic;
    [FieldOffset(0x1F8)] internal ulong PushedSystem;
    [FieldOffset(0x1C8)] internal int LowLogged;
    [FieldOffset(0x1CC)] internal int HighLogged;
    [FieldOffset(0x1D0)] internal nint CodeMarks;

    /// <summary>RFLAGS, all bits.</summary>
    public ulong Rflags
    {
        readonly get => SystemFlags | ((ArithmeticFlags >> 8) & 0xD5) | ((ArithmeticFlags & 1) << 11) | 2;
        set
        {
            ArithmeticFlags = ((value & 0xD5) << 8) | 0x200 | ((value >> 11) & 1);
            SystemFlags = value & ~ArithmeticMask & ~2UL;
        }
    }
}
