// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Tests.Oracle;

/// <summary>Layout of the file that the tests and the oracle process share.</summary>
/// <remarks>
/// Page 0: the number of cases. Page 1: contents of the read-only page. Then one slot per case: registers in, registers out, and
/// images of the code and data pages, which the oracle replaces by what the case left there.
/// </remarks>
internal static class CaseSlot
{
    internal const int Capacity = 256;
    internal const int ReadOnlyPage = 0x1000;
    internal const int First = 0x2000;
    internal const int Stride = 0x6000;
    internal const long FileLength = First + ((long)Capacity * Stride);

    internal const int GeneralIn = 0x000;
    internal const int FlagsIn = 0x080;
    internal const int RipIn = 0x088;
    internal const int CsIn = 0x090;

    internal const int Kind = 0x100;
    internal const int Signal = 0x108;
    internal const int RegistersOut = 0x110;

    internal const int VectorIn = 0x200;
    internal const int VectorOut = 0x600;
    internal const int VectorLength = 832;

    internal const int CodeImage = 0x1000;
    internal const int DataImage = 0x3000;

    /// <summary>The case reached the exit: sixteen registers and RFLAGS follow.</summary>
    internal const ulong KindExited = 1;

    /// <summary>A signal ended the case: the general registers of a ucontext follow, in its order.</summary>
    internal const ulong KindSignalled = 2;

    /// <summary>The case ran for longer than a timer tick.</summary>
    internal const ulong KindEndless = 3;
}
