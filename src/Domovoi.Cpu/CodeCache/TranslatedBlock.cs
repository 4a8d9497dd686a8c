// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.CodeCache;

/// <summary>Where one run of guest instructions was translated to.</summary>
/// <param name="Rip">Guest address of the first instruction.</param>
/// <param name="CheckedEntry">Entry from another page: compares the page's identity first.</param>
/// <param name="FastEntry">Entry from within the page.</param>
/// <param name="BodyEntry">Behind the look at where the vector registers are: entry from blocks of the page that use them too.</param>
/// <param name="End">First byte behind the block's code.</param>
/// <param name="Page">Identity of the page it was made from.</param>
/// <param name="SecondPage">Identity of the page that the block's one instruction reaches into; 0 when it does not.</param>
/// <param name="Sites">Pairs of (host offset from <paramref name="CheckedEntry"/>, guest offset from <paramref name="Rip"/>), ascending.</param>
internal sealed record TranslatedBlock(ulong Rip, nint CheckedEntry, nint FastEntry, nint BodyEntry, nint End, int Page, int SecondPage, uint[] Sites)
{
    /// <summary>How often its branch to its own beginning was followed without being linked.</summary>
    internal int Turns { get; set; }

    /// <summary>Holds a loop's body several times, or could not.</summary>
    internal bool IsRepeated { get; init; }

    /// <summary>The block's first byte; code that stands before its head included.</summary>
    internal required nint Start { get; init; }

    /// <summary>What changes in a copy for another virtual page; null when there can be none.</summary>
    internal uint[]? Relocations { get; init; }

    /// <summary>While it runs, the vector registers are in the host's.</summary>
    internal bool UsesVectors => BodyEntry != FastEntry;

    /// <summary>The guest instruction that the code at a host address belongs to.</summary>
    internal ulong RipAt(nint host)
    {
        uint offset = (uint)(host - CheckedEntry);
        ulong rip = Rip;
        foreach (uint site in Sites)
        {
            if ((site & 0xFFFF) > offset)
            {
                break;
            }

            rip = Rip + (site >> 16);
        }

        return rip;
    }
}
