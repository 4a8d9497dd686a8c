// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Traps;

/// <summary>Bits of RFLAGS, SDM 1 §3.4.3.</summary>
internal static class ProcessorFlags
{
    internal const ulong AlwaysOne = 1 << 1;
    internal const ulong Zero = 1 << 6;
    internal const ulong Trap = 1 << 8;
    internal const ulong Interrupt = 1 << 9;
    internal const ulong Direction = 1 << 10;
    internal const ulong IoPrivilege = 3 << 12;
    internal const ulong NestedTask = 1 << 14;
    internal const ulong Resume = 1 << 16;
    internal const ulong Virtual8086 = 1 << 17;
    internal const ulong AlignmentCheck = 1 << 18;

    /// <summary>Every bit that means something to a guest.</summary>
    internal const ulong All = 0x3F_7FD5;

    /// <summary>Cleared when a handler of the guest is entered.</summary>
    internal const ulong ClearedOnEntry = AlignmentCheck | Virtual8086 | Resume | NestedTask | Trap;
}
