// SPDX-License-Identifier: MIT
namespace Domovoi.Xen.Abi;

/// <summary><c>struct shared_info</c> of a 64-bit x86 guest, xen.h and arch-x86/xen.h: byte offsets.</summary>
public static class SharedInfo
{
    /// <summary><c>XEN_LEGACY_MAX_VCPUS</c>: vCPUs with a slot here; the others must register a place of their own.</summary>
    public const int LegacyVcpus = 32;

    /// <summary>Event channels of the 2-level ABI.</summary>
    public const int EventChannels = 4096;

    /// <summary><c>vcpu_info[32]</c></summary>
    public const int VcpuInfo = 0;

    /// <summary><c>evtchn_pending[64]</c></summary>
    public const int EventPending = 0x800;

    /// <summary><c>evtchn_mask[64]</c></summary>
    public const int EventMask = 0xA00;

    /// <summary><c>wc_version</c></summary>
    public const int WallClockVersion = 0xC00;

    /// <summary><c>wc_sec</c></summary>
    public const int WallClockSeconds = 0xC04;

    /// <summary><c>wc_nsec</c></summary>
    public const int WallClockNanoseconds = 0xC08;

    /// <summary><c>wc_sec_hi</c></summary>
    public const int WallClockSecondsHigh = 0xC0C;

    /// <summary><c>arch.max_pfn</c></summary>
    public const int MaxPfn = 0xC10;

    /// <summary><c>arch.pfn_to_mfn_frame_list_list</c></summary>
    public const int FrameListList = 0xC18;

    /// <summary><c>arch.nmi_reason</c></summary>
    public const int NmiReason = 0xC20;

    /// <summary><c>arch.p2m_cr3</c></summary>
    public const int P2mCr3 = 0xC28;

    /// <summary><c>arch.p2m_vaddr</c></summary>
    public const int P2mVirtualAddress = 0xC30;

    /// <summary><c>arch.p2m_generation</c></summary>
    public const int P2mGeneration = 0xC38;
}
