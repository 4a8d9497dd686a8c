// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu;

/// <summary>Registers that one CPUID leaf returns.</summary>
public readonly record struct CpuidLeaf(uint Eax, uint Ebx, uint Ecx, uint Edx);

/// <summary>What the host has and the translator handles: the widest CPUID policy a machine may offer its guest.</summary>
public static class HostFeatures
{
    /// <summary>The host's leaf, less every feature the translator does not handle.</summary>
    public static CpuidLeaf Query(uint leaf, uint subleaf) => throw new NotSupportedException();

    /// <summary>Time-stamp counter ticks per second, measured against CLOCK_MONOTONIC.</summary>
    public static ulong TimeStampFrequency => throw new NotSupportedException();

    /// <summary>The time-stamp counter as the guest's RDTSC reads it now.</summary>
    public static ulong ReadTimeStamp() => throw new NotSupportedException();
}
