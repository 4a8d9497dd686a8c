// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Translate;

/// <summary>What the slow path must know about one memory access, packed into the 32 bits its stub passes in R15.</summary>
/// <remarks><code>
/// 31 30 29 28    16 15     12  11    10   9          0
/// |st|cp|lk| offset | length |al | write |    size     |
/// </code>
/// st: through the stack segment, so that a bad address is #SS. cp: compound, the instruction has effects behind the store.
/// lk: locked, no other processor may come between the read and the write.
/// al: a misaligned address is #GP, whether or not the pages are there.</remarks>
internal readonly record struct AccessSite(uint Packed)
{
    internal AccessSite(int size, bool write, int guestOffset, int instructionLength, bool isStack, bool isCompound,
        bool isAligned = false, bool isLocked = false)
        : this((uint)size | (write ? 1u << 10 : 0) | ((uint)instructionLength << 12) | ((uint)guestOffset << 16)
            | (isAligned ? 1u << 11 : 0) | (isStack ? 1u << 31 : 0) | (isCompound ? 1u << 30 : 0)
            | (isLocked ? 1u << 29 : 0))
    {
    }

    /// <summary>Bytes, 1 to 1023.</summary>
    internal int Size => (int)(Packed & 0x3FF);

    internal bool IsWrite => (Packed & (1u << 10)) != 0;

    /// <summary>Whether the address must be a multiple of the size, or of 16 or 64 for register images.</summary>
    internal bool IsAligned => (Packed & (1u << 11)) != 0;

    internal int InstructionLength => (int)((Packed >> 12) & 15);

    /// <summary>The instruction's distance from the block's first.</summary>
    internal int GuestOffset => (int)(Packed >> 16) & 0x1FFF;

    internal bool IsStack => (Packed & (1u << 31)) != 0;

    internal bool IsCompound => (Packed & (1u << 30)) != 0;

    internal bool IsLocked => (Packed & (1u << 29)) != 0;
}
