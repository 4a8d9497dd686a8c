// SPDX-License-Identifier: MIT
using Iced.Intel;

namespace Domovoi.Cpu.Tests.Cases;

/// <summary>How a case ended.</summary>
internal enum Ending
{
    /// <summary>It jumped to the exit.</summary>
    Exited,

    /// <summary>A fault or trap, told by <see cref="MachineState.Vector"/>.</summary>
    Exception,

    /// <summary>It did not end in time.</summary>
    Endless,

    /// <summary>The processor left for a reason no case should cause.</summary>
    Left,
}

/// <summary>Everything a case can leave behind. One object per case of a batch, used again for the next batch.</summary>
internal sealed class MachineState
{
    /// <summary>RAX RCX RDX RBX RSP RBP RSI RDI R8 to R15, in the order instructions encode them.</summary>
    internal ulong[] General { get; } = new ulong[16];

    internal ulong Rflags { get; set; }

    /// <summary>Valid when the case ended by an exception.</summary>
    internal ulong Rip { get; set; }

    internal Ending Ending { get; set; }

    internal byte Vector { get; set; }

    internal ulong ErrorCode { get; set; }

    internal ulong FaultAddress { get; set; }

    /// <summary>Why the processor left, in words, for <see cref="Ending.Left"/>.</summary>
    internal string Remark { get; set; } = "";

    internal byte[] Xsave { get; } = new byte[Oracle.CaseSlot.VectorLength];

    internal byte[] Code { get; } = new byte[AddressMap.CodeLength];

    internal byte[] Data { get; } = new byte[AddressMap.DataLength];

    /// <summary>A stray jump came into the oracle's own code, which may have written anything.</summary>
    internal bool EndedInTheOracle => Ending == Ending.Exception && Rip is >= Oracle.OracleProgram.OwnPages and < Oracle.OracleProgram.OwnPagesEnd;

    /// <summary>One line: how the case ended.</summary>
    internal string DescribeEnding() => Ending switch
    {
        Ending.Exception when Vector == 14 => $"#PF error {ErrorCode:x} address {FaultAddress:x} at {Rip:x}",
        Ending.Exception => $"exception {Vector} error {ErrorCode:x} at {Rip:x}",
        Ending.Left => $"left: {Remark} at {Rip:x}",
        _ => Ending.ToString(),
    };

    internal static string NameOf(int general) => (Register.RAX + general).ToString();
}
