// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Boot;

/// <summary>Consecutive pages of pseudo-physical memory.</summary>
public readonly record struct PageSpan(ulong First, ulong Count)
{
    /// <summary>The first page behind.</summary>
    public ulong End => First + Count;

    public bool Contains(ulong page) => page - First < Count;

    internal static ulong PagesOf(ulong bytes) => (bytes >> 12) + ((bytes & 0xFFF) != 0 ? 1UL : 0);
}
