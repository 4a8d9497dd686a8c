// SPDX-License-Identifier: MIT
using Domovoi.Cpu.CodeCache;
using Domovoi.Cpu.Emit;

namespace Domovoi.Cpu.Translate;

/// <summary>Accesses of one block whose addresses differ by constants, so that one check can serve them all.</summary>
internal sealed class AccessGroup
{
    /// <summary>The lowest displacement from the group's common part.</summary>
    internal long Low { get; private set; }

    /// <summary>The displacement behind the highest byte.</summary>
    internal long End { get; private set; }

    /// <summary>Whether any member stores, so that the check must be one for stores.</summary>
    internal bool IsWritten { get; private set; }

    internal int Members { get; private set; }

    /// <summary>Which word of the state block keeps the page's delta, or the host address of the lowest byte, from the first member on.</summary>
    internal int Slot { get; private set; }

    /// <summary>The first member has been translated: the check stands before what follows.</summary>
    internal bool IsChecked { get; set; }

    internal int Span => (int)(End - Low);

    /// <summary>The first member's instruction, as an index in the block.</summary>
    internal int First { get; private set; }

    /// <summary>The first member's operand, with the address it would have at the block's beginning, and its displacement.</summary>
    private EffectiveAddress Operand { get; set; }

    private long OperandDisplacement { get; set; }

    /// <summary>Whether one check holds for several turns of the loop that the block is.</summary>
    internal bool Lasts { get; set; }

    /// <summary>How far the addresses of a group that lasts move while the block runs once.</summary>
    internal int Step { get; set; }

    /// <summary>The host register that holds the group's word all through a loop, or none when it lies in the state block alone.</summary>
    internal HostRegister Holder { get; set; }

    /// <summary>Starts a group with its first member.</summary>
    /// <param name="first">The member's instruction.</param>
    /// <param name="operand">Its operand, with the address it would have at the block's beginning.</param>
    internal void Begin(int slot, int first, in EffectiveAddress operand, long displacement, int size, bool isWritten)
    {
        (Slot, Low, End, IsWritten, Members, IsChecked) = (slot, displacement, displacement + size, isWritten, 1, false);
        (First, Operand, OperandDisplacement) = (first, operand, displacement);
        (Lasts, Step, Holder) = (false, 0, HostRegister.None);
    }

    /// <summary>The address of the group's lowest byte where the block begins.</summary>
    internal EffectiveAddress LowestAt(ModeKey mode) => Operand.Moved((int)(Low - OperandDisplacement), mode);

    /// <summary>Takes another access in if the whole stays within what a check can cover.</summary>
    internal bool TryJoin(long displacement, int size, bool isWritten, int largestSpan)
    {
        long low = Math.Min(Low, displacement);
        long end = Math.Max(End, displacement + size);
        if (end - low > largestSpan)
        {
            return false;
        }

        (Low, End, IsWritten) = (low, end, IsWritten | isWritten);
        Members++;
        return true;
    }

    /// <summary>Whether the group's check vouches for an access.</summary>
    internal bool Covers(long displacement, int size, bool isWritten) =>
        displacement >= Low && displacement + size <= End && (IsWritten || !isWritten);
}
