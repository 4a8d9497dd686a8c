// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Vcpus;

/// <summary>A code or data segment's descriptor, SDM 3A §3.4.5.</summary>
/// <remarks>
/// <code>
/// 63      56 55 54 53 52 51    48 47 46-45 44 43  40 39      16 15       0
/// base 31-24  G D/B  L AVL lim 19-16  P  DPL  S  type  base 23-0  limit 15-0
/// </code>
/// </remarks>
public readonly record struct SegmentDescriptor(ulong Raw)
{
    public ulong Base => ((Raw >> 16) & 0xFF_FFFF) | ((Raw >> 32) & 0xFF00_0000);

    /// <summary>In bytes, granularity applied.</summary>
    public uint Limit
    {
        get
        {
            uint limit = (uint)((Raw & 0xFFFF) | ((Raw >> 32) & 0xF_0000));
            return IsPageGranular ? (limit << 12) | 0xFFF : limit;
        }
    }

    public int PrivilegeLevel => (int)(Raw >> 45) & 3;

    public bool IsPresent => (Raw & (1UL << 47)) != 0;

    /// <summary>S: a code or data segment and not a gate, TSS or LDT.</summary>
    public bool IsSegment => (Raw & (1UL << 44)) != 0;

    public bool IsCode => (Raw & (1UL << 43)) != 0;

    /// <summary>Code: conforming. Data: expand-down.</summary>
    public bool IsConforming => (Raw & (1UL << 42)) != 0;

    /// <summary>Code: readable. Data: writable.</summary>
    public bool IsReadableOrWritable => (Raw & (1UL << 41)) != 0;

    /// <summary>L: 64-bit code.</summary>
    public bool IsLong => (Raw & (1UL << 53)) != 0;

    /// <summary>D or B: 32-bit.</summary>
    public bool Is32Bit => (Raw & (1UL << 54)) != 0;

    public bool IsPageGranular => (Raw & (1UL << 55)) != 0;

    /// <summary>What LAR gives: bits 8 to 15 and 20 to 23 of the descriptor's upper half.</summary>
    public uint AccessRights => (uint)(Raw >> 32) & 0x00F0_FF00;

    public int SystemType => (int)(Raw >> 40) & 15;
}
