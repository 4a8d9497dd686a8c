// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Emit;

/// <summary>What must change in a block's code when it is copied for another virtual page of the same frame.</summary>
internal enum RelocationKind
{
    /// <summary>u64: a guest address in the block's page, or as far from it as before.</summary>
    GuestAddress,

    /// <summary>i32: the distance to a place outside the block that stays where it is.</summary>
    Distance,

    /// <summary>i32: a place in the block, as an offset in the code buffer.</summary>
    BufferOffset,

    /// <summary>i32: likewise, the displacement of a branch that leads to its stub until it is linked. The stub begins 13 bytes before.</summary>
    LinkHole,

    /// <summary>i32: displacement of the data TLB's entry for an address that is known.</summary>
    DataEntry,

    /// <summary>i32: displacement of the code TLB's entry for the block's page.</summary>
    CodeEntry,

    /// <summary>i32: the identity of the block's page.</summary>
    PageId,

    /// <summary>i32: the same, negated.</summary>
    NegatedPageId,
}
