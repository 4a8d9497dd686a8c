// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Mmu;

/// <summary>What a linear address is translated for.</summary>
public enum Access
{
    Read,
    Write,
    Execute,
}

/// <summary>Bits of a page fault's error code, SDM 3A §4.7.</summary>
[Flags]
public enum PageFaultErrorCode : uint
{
    None = 0,
    Present = 1,
    Write = 2,
    User = 4,
    ReservedBit = 8,
    InstructionFetch = 16,
}
