// SPDX-License-Identifier: MIT
namespace Domovoi.Xen.Abi;

/// <summary><c>SEGBASE_*</c>, arch-x86/xen-x86_64.h.</summary>
public enum SegmentBase : uint
{
    /// <summary><c>SEGBASE_FS</c></summary>
    Fs = 0,

    /// <summary><c>SEGBASE_GS_USER</c></summary>
    GsUser = 1,

    /// <summary><c>SEGBASE_GS_KERNEL</c></summary>
    GsKernel = 2,

    /// <summary><c>SEGBASE_GS_USER_SEL</c>: the base is a selector.</summary>
    GsUserSelector = 3,
}
