// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Run;

/// <summary>What another thread wants a processor to do before it runs guest code again.</summary>
internal enum RemoteRequestKind
{
    /// <summary>A frame was written to: drop the code made from it.</summary>
    RetireCode,

    /// <summary>A frame holds code now: take it out of the write tables.</summary>
    RevokeWrites,

    /// <summary>Forget the translations of one page.</summary>
    Invalidate,

    /// <summary>Forget all translations.</summary>
    Flush,

    /// <summary>Forget those of user mode and of the lower half.</summary>
    FlushLowerHalf,
}

/// <param name="Kind">What to do.</param>
/// <param name="Operand">A frame or a linear address.</param>
/// <param name="From">Who wants to look again when it is done, if anybody.</param>
internal readonly record struct RemoteRequest(RemoteRequestKind Kind, ulong Operand, VirtualCpu? From = null);
