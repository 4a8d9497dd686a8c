// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Domovoi.Xen.Abi;

/// <summary><c>struct trap_info</c>, arch-x86/xen.h.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct TrapInfo
{
    /// <summary>Bytes of one entry.</summary>
    public const int Size = 16;

    /// <summary>Bits of <see cref="Flags"/> that hold the least privileged ring that may use INT n. <c>TI_GET_DPL</c></summary>
    public const byte DplMask = 3;

    /// <summary>Set in <see cref="Flags"/>: enter with event delivery disabled. <c>TI_GET_IF</c></summary>
    public const byte MaskEventsFlag = 4;

    public byte Vector;
    public byte Flags;
    public ushort CodeSelector;
    private uint _padding;

    /// <summary>0 ends a table.</summary>
    public ulong Address;
}

/// <summary><c>vcpu_guest_context.trap_ctxt</c></summary>
[InlineArray(256)]
public struct TrapTable
{
    private TrapInfo _element;
}
