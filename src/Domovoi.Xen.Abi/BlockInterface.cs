// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Domovoi.Xen.Abi;

/// <summary><c>BLKIF_OP_*</c>, io/blkif.h.</summary>
public enum BlockOperation : byte
{
    /// <summary><c>BLKIF_OP_READ</c></summary>
    Read = 0,

    /// <summary><c>BLKIF_OP_WRITE</c></summary>
    Write = 1,

    /// <summary><c>BLKIF_OP_WRITE_BARRIER</c>: after all before it, before all after it, and on the medium.</summary>
    WriteBarrier = 2,

    /// <summary><c>BLKIF_OP_FLUSH_DISKCACHE</c></summary>
    FlushDiskCache = 3,

    /// <summary><c>BLKIF_OP_DISCARD</c></summary>
    Discard = 5,

    /// <summary><c>BLKIF_OP_INDIRECT</c>: a read or write whose segments stand in pages of their own.</summary>
    Indirect = 6,
}

/// <summary><c>BLKIF_RSP_*</c></summary>
public enum BlockStatus : short
{
    /// <summary><c>BLKIF_RSP_OKAY</c></summary>
    Okay = 0,

    /// <summary><c>BLKIF_RSP_ERROR</c></summary>
    Error = -1,

    /// <summary><c>BLKIF_RSP_EOPNOTSUPP</c></summary>
    NotSupported = -2,
}

/// <summary><c>VDISK_*</c>: the node <c>info</c>.</summary>
[Flags]
public enum BlockTraits
{
    None = 0,

    /// <summary><c>VDISK_CDROM</c></summary>
    CdRom = 1,

    /// <summary><c>VDISK_REMOVABLE</c></summary>
    Removable = 2,

    /// <summary><c>VDISK_READONLY</c></summary>
    ReadOnly = 4,
}

/// <summary><c>struct blkif_request_segment</c></summary>
[StructLayout(LayoutKind.Sequential)]
public struct BlockSegment
{
    public const int Size = 8;

    public GrantRef Grant;

    /// <summary>The first 512-byte sector of the page, 0 to 7.</summary>
    public byte FirstSector;

    /// <summary>The last, inclusive.</summary>
    public byte LastSector;

    public ushort Padding;
}

/// <summary><c>struct blkif_request</c> in the x86_64-abi, and the views <c>_discard</c> and <c>_indirect</c> of the same slot.</summary>
/// <remarks>
/// <code>
///             0          1             2        8    16       24
/// request     operation  nr_segments   handle   id   sector   seg[11], 8 bytes each
/// discard     operation  flag          handle   id   sector   nr_sectors
/// indirect    operation  indirect_op   nr_segm. id   sector   handle, at 28: indirect_grefs[8]
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = Size)]
public struct BlockRequest
{
    public const int Size = 112;

    /// <summary><c>BLKIF_MAX_SEGMENTS_PER_REQUEST</c></summary>
    public const int DirectSegments = 11;

    /// <summary><c>BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST</c></summary>
    public const int IndirectPages = 8;

    [FieldOffset(0)]
    public BlockOperation Operation;

    [FieldOffset(1)]
    public byte SegmentCount;

    /// <summary>Indirect: read or write.</summary>
    [FieldOffset(1)]
    public BlockOperation IndirectOperation;

    [FieldOffset(2)]
    public ushort IndirectSegmentCount;

    [FieldOffset(8)]
    public ulong Id;

    /// <summary>In units of 512 bytes, whatever the disk's own are.</summary>
    [FieldOffset(16)]
    public ulong Sector;

    /// <summary>Discard: sectors from <see cref="Sector"/> on.</summary>
    [FieldOffset(24)]
    public ulong SectorCount;

    [FieldOffset(24)]
    public DirectSegmentArray Segments;

    [FieldOffset(28)]
    public IndirectGrantArray IndirectGrants;

    [InlineArray(DirectSegments)]
    public struct DirectSegmentArray
    {
        public BlockSegment First;
    }

    [InlineArray(IndirectPages)]
    public struct IndirectGrantArray
    {
        public GrantRef First;
    }
}

/// <summary><c>struct blkif_response</c></summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
public struct BlockResponse
{
    [FieldOffset(0)]
    public ulong Id;

    [FieldOffset(8)]
    public BlockOperation Operation;

    [FieldOffset(10)]
    public BlockStatus Status;
}
