// SPDX-License-Identifier: MIT
namespace Domovoi.Memory;

/// <summary>A byte address in the machine's memory as its page tables see it (Xen: a machine address).</summary>
public readonly record struct PhysicalAddress(ulong Value)
{
    /// <summary>log2 of the page size.</summary>
    public const int PageShift = 12;

    /// <summary>Bytes in a page.</summary>
    public const int PageSize = 1 << PageShift;

    /// <summary>The frame that holds this byte.</summary>
    public ulong Frame => Value >> PageShift;

    /// <summary>The first byte of a frame.</summary>
    public static PhysicalAddress OfFrame(ulong frame) => new(frame << PageShift);

    public static PhysicalAddress operator +(PhysicalAddress address, ulong offset) => new(address.Value + offset);

    public override string ToString() => $"0x{Value:x}";
}
