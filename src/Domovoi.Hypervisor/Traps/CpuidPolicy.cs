// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using Domovoi.Cpu;

namespace Domovoi.Hypervisor.Traps;

/// <summary>Which features of the host and the translator a PV guest sees, whatever its state.</summary>
/// <remarks>
/// The masks are those of the features that Xen offers to all guests (arch-x86/cpufeatureset.h, marked "A"), less those whose
/// MSRs are not offered here: <c>IBRSB</c>, <c>STIBP</c>, <c>SSBD</c>, <c>IBPB</c>, <c>ARCH_CAPS</c>, and <c>HTT</c>, <c>RTM</c>.
/// Leaves beyond those known read as zero, as on AMD's processors. On these the guest is told that the processor needs no help
/// against speculation: its code never runs as it stands, so retpolines and the like would cost much and protect nothing.
/// </remarks>
internal static class CpuidPolicy
{
    private const uint LastBasicLeaf = 0xD;
    private const uint LastExtendedLeaf = 0x8000_0021;
    private const uint Leaf1Ecx = 0x76D8_3203;              // SSE3 .. RDRAND; OSXSAVE and HYPERVISOR are added later
    private const uint Leaf1Edx = 0x0FC9_CBF5;              // FPU DE TSC MSR PAE MCE CX8 APIC SEP MCA CMOV PAT CLFLUSH .. SS
    private const uint Leaf7Ebx = 0xF1AF_0329;              // FSGSBASE BMI1 AVX2 BMI2 ERMS AVX512* RDSEED ADX CLFLUSHOPT CLWB SHA
    private const uint Leaf7Ecx = 0x0240_5F43;              // PREFETCHWT1 GFNI VAES VPCLMULQDQ RDPID CLDEMOTE AVX512*
    private const uint Leaf7Edx = 0x0080_4410;              // FSRM MD_CLEAR SERIALIZE AVX512_FP16
    private const uint Leaf7Sub1Eax = 0x0080_1C37;          // SHA512 SM3 SM4 AVX_VNNI FZRM FSRS FSRCS AVX_IFMA
    private const uint Extended1Ecx = 0x4421_09E3;          // LAHF_LM CMP_LEGACY ABM SSE4A MISALIGNSSE PREFETCHW XOP FMA4 TBM
    private const uint Extended1Edx = 0xEA50_0800;          // SYSCALL NX MMXEXT FFXSR RDTSCP LM 3DNOW*
    private const uint Extended1EdxShared = 0x0183_F3FF & Leaf1Edx; // AMD repeats these bits of leaf 1
    private const uint Extended7Edx = 1 << 8;               // invariant TSC
    private const uint Extended8Ebx = 0x2400_0005;          // CLZERO RSTR_FP_ERR_PTRS SSB_NO BTC_NO
    private const uint ExtendedNoSpeculation8Ebx = 1 << 26 | 1 << 29; // SSB_NO BTC_NO
    private const uint ExtendedNoSpeculation21Eax = 1 << 2 | 1 << 6 | 1 << 8 | 1 << 29; // LFENCE, NSCB, AUTO_IBRS, SRSO_NO
    private const uint Extended21Eax = 0x601C_0C45;         // NO_NEST_BP LFENCE NSCB FSRS FSRC EPSF FSRSC PREFETCHI SRSO_NO
    private const uint SupportedXcr0 = 7;                   // x87, SSE, AVX
    private const uint LegacyAreaAndHeader = 576;
    private const uint AvxAreaSize = 256;

    /// <summary>No leaf that a guest is offered has as many subleaves.</summary>
    private const uint MostSubleaves = 64;

    /// <summary>
    /// Answers once given. Under a hypervisor the host's own CPUID takes microseconds, and each program asks dozens of times as it starts.
    /// </summary>
    private static readonly ConcurrentDictionary<(uint Leaf, uint Subleaf), CpuidLeaf> s_answers = new();

    internal static CpuidLeaf Query(uint leaf, uint subleaf)
    {
        if (leaf is (> LastBasicLeaf and < 0x8000_0000) or > LastExtendedLeaf)
        {
            return default;
        }

        uint meant = leaf is 4 or 7 or 0xD ? Math.Min(subleaf, MostSubleaves) : 0;
        return s_answers.GetOrAdd((leaf, meant), static asked => Ask(asked.Leaf, asked.Subleaf));
    }

    private static CpuidLeaf Ask(uint leaf, uint subleaf)
    {
        CpuidLeaf host = HostFeatures.Query(leaf, subleaf);
        return leaf switch
        {
            0 => host with { Eax = Math.Min(host.Eax, LastBasicLeaf) },
            1 => host with { Ebx = (host.Ebx & 0xFF00) | (1 << 16), Ecx = host.Ecx & Leaf1Ecx, Edx = host.Edx & Leaf1Edx },
            2 => host,
            4 => host with { Eax = host.Eax & 0x3FFF },     // no cache is shared with another processor
            7 => ExtendedFeatures(host, subleaf),
            0xD => StateComponents(host, subleaf),
            0x8000_0000 => host with { Eax = IsAmd ? LastExtendedLeaf : Math.Min(host.Eax, LastExtendedLeaf) },
            >= 0x8000_0001 => Extended(leaf, host),
            _ => default,
        };
    }

    /// <summary>The guest is told that its time-stamp counter has one rate.</summary>
    internal static bool HasInvariantTsc => (Query(0x8000_0007, 0).Edx & Extended7Edx) != 0;

    /// <summary>The host's processor says "AuthenticAMD".</summary>
    private static bool IsAmd => HostFeatures.Query(0, 0).Ebx == 0x6874_7541;

    /// <summary>Bytes that XSAVE writes for a value of XCR0.</summary>
    internal static uint AreaSize(ulong xcr0) => LegacyAreaAndHeader + ((xcr0 & 4) != 0 ? AvxAreaSize : 0);

    /// <summary>Bits a guest may set in XCR0; 0 when it has no XSAVE.</summary>
    internal static ulong AllowedXcr0() => HostFeatures.Query(0xD, 0).Eax & SupportedXcr0;

    private static CpuidLeaf ExtendedFeatures(CpuidLeaf host, uint subleaf) => subleaf switch
    {
        0 => new CpuidLeaf(Math.Min(host.Eax, 1), host.Ebx & Leaf7Ebx, host.Ecx & Leaf7Ecx, host.Edx & Leaf7Edx),
        1 => new CpuidLeaf(host.Eax & Leaf7Sub1Eax, 0, 0, 0),
        _ => default,
    };

    private static CpuidLeaf StateComponents(CpuidLeaf host, uint subleaf)
    {
        const uint XsaveoptXsavecXgetbv1 = 7;
        uint allowed = (uint)AllowedXcr0();
        return subleaf switch
        {
            0 when allowed != 0 => new CpuidLeaf(allowed, LegacyAreaAndHeader, AreaSize(allowed), 0),
            1 => new CpuidLeaf(host.Eax & XsaveoptXsavecXgetbv1, 0, 0, 0),
            2 when (allowed & 4) != 0 => new CpuidLeaf(AvxAreaSize, LegacyAreaAndHeader, 0, 0),
            _ => default,
        };
    }

    private static CpuidLeaf Extended(uint leaf, CpuidLeaf host) => leaf switch
    {
        0x8000_0001 => host with { Ecx = host.Ecx & Extended1Ecx, Edx = host.Edx & (Extended1Edx | Extended1EdxShared) },
        (>= 0x8000_0002 and <= 0x8000_0006) or 0x8000_0019 => host,
        0x8000_0007 => new CpuidLeaf(0, 0, 0, host.Edx & Extended7Edx),
        0x8000_0008 => new CpuidLeaf(
            host.Eax & 0xFFFF, (host.Ebx & Extended8Ebx) | (IsAmd ? ExtendedNoSpeculation8Ebx : 0), 0, 0),
        0x8000_0021 when IsAmd => new CpuidLeaf((host.Eax & Extended21Eax) | ExtendedNoSpeculation21Eax, 0, 0, 0),
        _ => default,
    };
}
