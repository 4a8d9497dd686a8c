// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Emit;

/// <summary>The tttn field of conditional instructions, SDM 2D table B-10.</summary>
internal enum Condition
{
    Overflow = 0,
    NotOverflow = 1,
    Below = 2,
    AboveOrEqual = 3,
    Equal = 4,
    NotEqual = 5,
    BelowOrEqual = 6,
    Above = 7,
    Sign = 8,
    NotSign = 9,
    Parity = 10,
    NotParity = 11,
    Less = 12,
    GreaterOrEqual = 13,
    LessOrEqual = 14,
    Greater = 15,
}
