// SPDX-License-Identifier: MIT
namespace Domovoi.KernelImages.Elf;

/// <summary>One <c>PT_LOAD</c> program header, checked: the file part lies in the file and the memory part does not wrap.</summary>
public readonly record struct LoadSegment(
    long FileOffset, long FileSize, ulong VirtualAddress, ulong PhysicalAddress, ulong MemorySize)
{
    /// <summary>The first byte behind the segment.</summary>
    public ulong PhysicalEnd => PhysicalAddress + MemorySize;
}
