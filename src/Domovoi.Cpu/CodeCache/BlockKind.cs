// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.CodeCache;

/// <summary>How a block is translated.</summary>
internal enum BlockKind
{
    Ordinary,

    /// <summary>A hot loop, whose body stands there several times.</summary>
    Loop,

    /// <summary>Each access is checked by itself: for when a group of them cannot be checked together.</summary>
    Twin,
}
