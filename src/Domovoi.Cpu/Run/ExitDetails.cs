// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Run;

/// <summary>The operands of an exit. Only the fields that <see cref="ExitReason"/> and <see cref="PrivilegedOperation"/> name are valid.</summary>
public readonly record struct ExitDetails
{
    public ExitReason Reason { get; init; }

    /// <summary>Exception or software interrupt vector, 0 to 255.</summary>
    public byte Vector { get; init; }

    /// <summary>A software interrupt by INT1 (F1), which asks no gate for its privilege level, rather than by INT 1.</summary>
    public bool IsInt1 { get; init; }

    /// <summary>Whether the exception pushes an error code.</summary>
    public bool HasErrorCode { get; init; }

    public uint ErrorCode { get; init; }

    /// <summary>#PF: CR2. INVLPG, SGDT, SIDT: the operand's linear address.</summary>
    public ulong FaultAddress { get; init; }

    /// <summary>The instruction behind the one that left.</summary>
    public ulong NextRip { get; init; }

    public PrivilegedOperation Operation { get; init; }

    /// <summary>Control, debug or segment register number, MSR, port.</summary>
    public uint Number { get; init; }

    /// <summary>#DB: its causes, as bits of DR6.</summary>
    public ulong Value { get; init; }

    public ushort Selector { get; init; }

    /// <summary>Operand size in bytes.</summary>
    public byte Size { get; init; }

    /// <summary>INS or OUTS rather than IN or OUT; POP rather than MOV for a segment register.</summary>
    public bool IsString { get; init; }
}
