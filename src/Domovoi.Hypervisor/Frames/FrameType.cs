// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Frames;

/// <summary>What a frame is used as while its type count is not zero; one use at a time (<c>PGT_*</c>).</summary>
public enum FrameType
{
    None,

    /// <summary><c>PGT_l1_page_table</c></summary>
    Level1,

    /// <summary><c>PGT_l2_page_table</c></summary>
    Level2,

    /// <summary><c>PGT_l3_page_table</c></summary>
    Level3,

    /// <summary><c>PGT_l4_page_table</c></summary>
    Level4,

    /// <summary><c>PGT_seg_desc_page</c>: holds segment descriptors that were checked.</summary>
    SegmentDescriptors,

    /// <summary><c>PGT_writable_page</c>: mapped writable, or written through by the hypervisor.</summary>
    Writable,
}
