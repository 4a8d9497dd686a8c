// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Cpu.CodeCache;

/// <summary>What stands behind the jump of an access group whose check failed.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct TwinStub
{
    /// <summary>The instruction to go on with, in a block that checks each access by itself.</summary>
    internal ulong Rip;

    /// <summary>The displacement of the jump that shall lead there, as an offset in the code buffer.</summary>
    internal int Hole;
}
