// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Cpu.CodeCache;

/// <summary>What stands behind the jump of a failed identity check.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct IdentityStub
{
    /// <summary>The block's first instruction.</summary>
    internal ulong Rip;

    /// <summary>The page that the check wanted.</summary>
    internal int PageId;

    /// <summary>Where the code goes on when the page is that one after all, as an offset in the code buffer.</summary>
    internal int Resume;
}
