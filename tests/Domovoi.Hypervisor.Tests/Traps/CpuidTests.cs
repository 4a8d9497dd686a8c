// SPDX-License-Identifier: MIT
using Domovoi.Cpu.State;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Traps;

public sealed class CpuidTests
{
    private const uint Osxsave = 1 << 27;

    [Fact]
    public void XenLeaves_NameTheHypervisor()
    {
        using TestDomain domain = TestDomain.Create();
        Assert.Equal((0x4000_0005U, 0x566E_6558U, 0x6558_4D4DU, 0x4D4D_566EU), Ask(domain, 0x4000_0000));
        Assert.Equal(0x4_0011U, Ask(domain, 0x4000_0001).Eax);
        Assert.Equal((1U, 0x4000_0000U, 1U, 0U), Ask(domain, 0x4000_0002));
        Assert.InRange(Ask(domain, 0x4000_0005).Ebx, 36U, 44U);
        Assert.Equal((0U, 0U, 0U, 0U), Ask(domain, 0x4000_0006));
    }

    [Fact]
    public void Leaf1_HidesWhatAPvGuestCannotUse()
    {
        using TestDomain domain = TestDomain.Create();
        (_, _, uint ecx, uint edx) = Ask(domain, 1);
        const uint VmxPcidX2ApicDeadline = 1 << 5 | 1 << 17 | 1 << 21 | 1 << 24;
        const uint VmePseMtrrPgePse36 = 1 << 1 | 1 << 3 | 1 << 12 | 1 << 13 | 1 << 17;
        Assert.Equal((0U, 0U), (ecx & VmxPcidX2ApicDeadline, edx & VmePseMtrrPgePse36));
        Assert.Equal(1U << 31, ecx & (1U << 31));
    }

    /// <summary>A program that looks in any of the ways manuals tell must find that there is no AVX-512, nor AVX10 or AMX.</summary>
    [Fact]
    public void Avx512_IsHiddenInEveryLeafAndInXcr0()
    {
        const uint leaf7Ebx = 1 << 16 | 1 << 17 | 1 << 21 | 1 << 26 | 1 << 27 | 1 << 28 | 1 << 30 | 1u << 31;
        const uint leaf7Ecx = 1 << 1 | 1 << 6 | 1 << 11 | 1 << 12 | 1 << 14;
        const uint leaf7Edx = 1 << 2 | 1 << 3 | 1 << 8 | 1 << 22 | 1 << 23 | 1 << 24 | 1 << 25;
        using TestDomain domain = TestDomain.Create();
        (_, uint ebx, uint ecx, uint edx) = Ask(domain, 7);
        Assert.Equal((0U, 0U, 0U), (ebx & leaf7Ebx, ecx & leaf7Ecx, edx & leaf7Edx));
        (uint bfloat, _, _, uint avx10) = Ask(domain, 7, subleaf: 1);
        Assert.Equal((0U, 0U), (bfloat & (1 << 5), avx10 & (1 << 19)));
        (uint components, uint enabled, uint most, uint high) = Ask(domain, 0xD);
        Assert.Equal((0U, 0U), (components & ~7U, high));
        Assert.InRange(enabled, 0U, 832U);
        Assert.InRange(most, 0U, 832U);
        Assert.All(Enumerable.Range(3, 60), n => Assert.Equal((0U, 0U, 0U, 0U), Ask(domain, 0xD, subleaf: (uint)n)));
        Assert.Equal(0UL, Domovoi.Cpu.HostFeatures.XcrMask & ~7UL);
        Assert.Equal(0UL, CpuidPolicy.AllowedXcr0() & ~7UL);
    }

    [Fact]
    public void Osxsave_IsShownEarly_OnlyToTheKernelBehindThePrefix()
    {
        using TestDomain domain = TestDomain.Create();
        uint hasXsave = (Ask(domain, 1).Ecx >> 26) & 1;
        Assert.Equal(0U, Ask(domain, 1).Ecx & Osxsave);
        Assert.Equal(hasXsave, (Ask(domain, 1, isPrefixed: true).Ecx & Osxsave) >> 27);
        domain.EnterUser();
        Assert.Equal(0U, Ask(domain, 1, isPrefixed: true).Ecx & Osxsave);
    }

    [Fact]
    public void Faulting_StopsUserModeOnly()
    {
        using TestDomain domain = TestDomain.Create();
        domain.Vcpu.Privileged.CpuidFaulting = true;
        Assert.True(CpuidEmulation.TryAnswer(domain.Vcpu, isPrefixed: false));
        domain.EnterUser();
        Assert.False(CpuidEmulation.TryAnswer(domain.Vcpu, isPrefixed: true));
    }

    private static (uint Eax, uint Ebx, uint Ecx, uint Edx) Ask(TestDomain domain, uint leaf, bool isPrefixed = false, uint subleaf = 0)
    {
        ref CpuState state = ref domain.State;
        (state.Rax, state.Rcx) = (leaf, subleaf);
        Assert.True(CpuidEmulation.TryAnswer(domain.Vcpu, isPrefixed));
        return ((uint)state.Rax, (uint)state.Rbx, (uint)state.Rcx, (uint)state.Rdx);
    }
}
