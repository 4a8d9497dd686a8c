// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.Intrinsics.X86;

namespace Domovoi.Cpu;

/// <summary>Registers that one CPUID leaf returns.</summary>
public readonly record struct CpuidLeaf(uint Eax, uint Ebx, uint Ecx, uint Edx);

/// <summary>What the host has and the translator handles: the widest CPUID policy a machine may offer its guest.</summary>
/// <remarks>Each mask lists what the translator handles (SDM 2A, CPUID); what it does not list is hidden.</remarks>
public static class HostFeatures
{
    // Leaf 1 ECX: SSE3 PCLMUL SSSE3 FMA CX16 SSE4.1 SSE4.2 MOVBE POPCNT AES XSAVE OSXSAVE AVX F16C RDRAND HYPERVISOR
    private const uint Leaf1Ecx = 1 | 1 << 1 | 1 << 9 | 1 << 12 | 1 << 13 | 1 << 19 | 1 << 20 | 1 << 22 | 1 << 23
        | 1 << 25 | 1 << 26 | 1 << 27 | 1 << 28 | 1 << 29 | 1 << 30 | 1u << 31;

    // Leaf 1 EDX: FPU VME DE PSE TSC MSR PAE MCE CX8 APIC SEP MTRR PGE MCA CMOV PAT PSE36 CLFSH MMX FXSR SSE SSE2
    private const uint Leaf1Edx = 0x078B_FBFF | 1 << 11;

    // Leaf 7 EBX: FSGSBASE BMI1 AVX2 BMI2 ERMS RDSEED ADX CLFLUSHOPT CLWB SHA
    private const uint Leaf7Ebx = 1 | 1 << 3 | 1 << 5 | 1 << 8 | 1 << 9 | 1 << 18 | 1 << 19 | 1 << 23 | 1 << 24 | 1 << 29;

    // Leaf 7 ECX: GFNI VAES VPCLMULQDQ RDPID MOVDIRI
    private const uint Leaf7Ecx = 1 << 8 | 1 << 9 | 1 << 10 | 1 << 22 | 1 << 27;

    // Leaf 7 EDX: FSRM
    private const uint Leaf7Edx = 1 << 4;

    // Leaf 0x80000001 ECX: LAHF CMP_LEGACY ABM MISALIGNSSE 3DNOWPREFETCH
    private const uint Extended1Ecx = 1 | 1 << 1 | 1 << 5 | 1 << 7 | 1 << 8;

    // Leaf 0x80000001 EDX: leaf 1's, SYSCALL NX FXSR_OPT PAGE1GB RDTSCP LM
    private const uint Extended1Edx = 0x0183_F3FF | 1 << 11 | 1 << 20 | 1 << 25 | 1 << 26 | 1 << 27 | 1 << 29;

    private static readonly Lazy<ulong> s_frequency = new(MeasureFrequency);

    /// <summary>Time-stamp counter ticks per second, measured against CLOCK_MONOTONIC.</summary>
    public static ulong TimeStampFrequency => s_frequency.Value;

    /// <summary>XCR0 bits the translator handles on this host: x87, SSE and, where it has it, AVX.</summary>
    public static ulong XcrMask => HostProcessor.HasAvx ? 7UL : 3UL;

    /// <summary>The time-stamp counter as the guest's RDTSC reads it now.</summary>
    public static ulong ReadTimeStamp() => Run.TimeStampReader.Read();

    /// <summary>The host's leaf, less every feature the translator does not handle.</summary>
    public static CpuidLeaf Query(uint leaf, uint subleaf)
    {
        (int a, int b, int c, int d) = X86Base.CpuId((int)leaf, (int)subleaf);
        CpuidLeaf host = new((uint)a, (uint)b, (uint)c, (uint)d);
        return (leaf, subleaf) switch
        {
            (1, _) => host with { Ecx = host.Ecx & Leaf1Ecx, Edx = host.Edx & Leaf1Edx },
            (7, 0) => new(0, (host.Ebx & Leaf7Ebx) | FsGsBase, host.Ecx & Leaf7Ecx, host.Edx & Leaf7Edx),
            (7, _) => default,
            (0xD, _) => QueryExtendedState(host, subleaf),
            (0x8000_0001, _) => host with { Ecx = host.Ecx & Extended1Ecx, Edx = host.Edx & Extended1Edx },
            _ => host,
        };
    }

    // RDFSBASE and its kin are carried out by the translator itself.
    private const uint FsGsBase = 1;

    private static CpuidLeaf QueryExtendedState(in CpuidLeaf host, uint subleaf) => subleaf switch
    {
        0 => new((uint)XcrMask & host.Eax, HostProcessor.HasAvx ? 832u : 576u, HostProcessor.HasAvx ? 832u : 576u, 0),
        1 => new(host.Eax & 0x7, HostProcessor.HasAvx ? 832u : 576u, 0, 0),
        2 when HostProcessor.HasAvx => host,
        _ => default,
    };

    /// <summary>Two samples 20 ms apart, each the tightest of many, so that a busy host does not falsify them.</summary>
    private static ulong MeasureFrequency()
    {
        (long startTime, ulong startTicks) = Sample();
        using (ManualResetEventSlim never = new(false))
        {
            never.Wait(20);
        }

        (long endTime, ulong endTicks) = Sample();
        return (ulong)((endTicks - startTicks) / Stopwatch.GetElapsedTime(startTime, endTime).TotalSeconds);
    }

    /// <summary>Both clocks at one moment: the pair whose two readings of the one clock enclose the other most closely.</summary>
    private static (long Time, ulong Ticks) Sample()
    {
        (long Time, ulong Ticks) best = default;
        ulong narrowest = ulong.MaxValue;
        for (int i = 0; i < 64; i++)
        {
            ulong before = ReadTimeStamp();
            long time = Stopwatch.GetTimestamp();
            ulong after = ReadTimeStamp();
            if (after - before < narrowest)
            {
                narrowest = after - before;
                best = (time, before + (narrowest / 2));
            }
        }

        return best;
    }
}
