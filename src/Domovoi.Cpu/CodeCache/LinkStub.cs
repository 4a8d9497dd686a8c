// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Cpu.CodeCache;

/// <summary>What stands behind the jump of a branch that is not linked yet.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct LinkStub
{
    internal const int Size = 16;

    /// <summary>Where the branch goes.</summary>
    internal ulong Target;

    /// <summary>The branch's displacement, as an offset in the code buffer.</summary>
    internal int Hole;

    /// <summary>1 when source and target lie in one page, so that the link may skip the identity check.</summary>
    internal int SamePage;
}
