// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Domovoi.Xen.Abi;

/// <summary><c>struct multicall_entry</c>, xen.h.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct MulticallEntry
{
    /// <summary>Bytes of one entry.</summary>
    public const int Size = 64;

    /// <summary>Where <see cref="Result"/> lies.</summary>
    public const int ResultOffset = 8;

    public ulong Operation;
    public long Result;
    public MulticallArguments Arguments;
}

/// <summary>The six argument words of a <see cref="MulticallEntry"/>; x86 uses five or fewer.</summary>
[InlineArray(6)]
public struct MulticallArguments
{
    private ulong _element;
}
