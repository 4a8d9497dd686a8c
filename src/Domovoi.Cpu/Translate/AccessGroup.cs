// SPDX-License-Identifier: MIT
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

    internal void Begin(int slot, long displacement, int size, bool isWritten) =>
        (Slot, Low, End, IsWritten, Members, IsChecked) = (slot, displacement, displacement + size, isWritten, 1, false);

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
