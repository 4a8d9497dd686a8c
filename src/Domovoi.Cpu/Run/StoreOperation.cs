// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Run;

/// <summary>What a store that faulted does to its memory operand.</summary>
public enum StoreKind
{
    /// <summary>MOV, STOS: the value replaces the operand.</summary>
    Write,

    /// <summary>CMPXCHG: the value replaces the operand if that equals <see cref="StoreOperation.Comparand"/>.</summary>
    CompareExchange,

    /// <summary>XCHG: the value replaces the operand, whose old contents go to the register.</summary>
    Exchange,

    /// <summary>XADD: the sum replaces the operand, whose old contents go to the register.</summary>
    ExchangeAdd,

    /// <summary>ADD, INC (value 1).</summary>
    Add,

    /// <summary>SUB, DEC (value 1).</summary>
    Subtract,

    /// <summary>AND.</summary>
    And,

    /// <summary>OR.</summary>
    Or,

    /// <summary>XOR.</summary>
    Xor,

    /// <summary>BTS: the value is a mask with the one bit; <see cref="StoreOperation.Linear"/> already includes the bit offset's bytes.</summary>
    BitSet,

    /// <summary>BTR: likewise.</summary>
    BitReset,

    /// <summary>BTC: likewise.</summary>
    BitComplement,
}

/// <summary>A store that faulted, decoded by <see cref="VirtualCpu.TryDecodeStore"/> so that the machine's owner can do it instead.</summary>
/// <param name="Linear">Linear address of the memory operand's first byte.</param>
/// <param name="Size">Bytes of the memory operand: 1, 2, 4 or 8.</param>
/// <param name="Kind">What is done to the operand.</param>
/// <param name="Value">The source operand, zero-extended.</param>
/// <param name="Comparand"><see cref="StoreKind.CompareExchange"/>: the accumulator, zero-extended.</param>
/// <param name="NextRip">The instruction behind the store.</param>
public readonly record struct StoreOperation(
    ulong Linear, int Size, StoreKind Kind, ulong Value, ulong Comparand, ulong NextRip);
