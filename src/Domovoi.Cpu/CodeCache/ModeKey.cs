// SPDX-License-Identifier: MIT
using Domovoi.Cpu.State;

namespace Domovoi.Cpu.CodeCache;

/// <summary>Everything outside the code bytes that a translation depends on.</summary>
[Flags]
internal enum ModeKey
{
    None = 0,

    /// <summary>Uses user mode's address space and TLB.</summary>
    User = 1,

    /// <summary>32-bit compatibility mode.</summary>
    Compatibility = 2,

    /// <summary>RFLAGS.DF is set.</summary>
    Backwards = 4,

    /// <summary>RFLAGS.TF is set or a breakpoint is enabled: one instruction, then a look at whether it is #DB.</summary>
    SingleStep = 8,

    /// <summary>CR0.TS is set: vector and x87 instructions raise #NM.</summary>
    TaskSwitched = 16,

    /// <summary>A segment other than FS and GS has a base (compatibility mode only).</summary>
    SegmentBases = 32,

    /// <summary>CR4.TSD in user mode: RDTSC leaves.</summary>
    TimeStampDisabled = 64,
}

internal static class ModeKeyQueries
{
    internal static CpuMode Space(this ModeKey key) => (key & ModeKey.User) != 0 ? CpuMode.User : CpuMode.Kernel;

    internal static bool Is64Bit(this ModeKey key) => (key & ModeKey.Compatibility) == 0;
}
