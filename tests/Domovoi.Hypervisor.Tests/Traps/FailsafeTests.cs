// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Domains;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Traps;

public sealed class FailsafeTests
{
    private const ulong Handler = 0xFFFF_FFFF_8100_0000;
    private const ushort NoSuchSegment = 0x2B;

    [Fact]
    public void Segments_ThatLoad_AreLeftAlone()
    {
        using TestDomain domain = TestDomain.Create();
        domain.State.Ds = X86Selectors.Stack;
        SegmentReload.Reload(domain.Vcpu);
        Assert.Equal((TestDomain.Pages, X86Selectors.Stack), (domain.State.Rip, domain.State.Ds));
    }

    [Fact]
    public void Segment_ThatDoesNotLoad_IsToldToTheFailsafeCallback()
    {
        using TestDomain domain = WithHandler(masksEvents: false);
        (domain.State.Ds, domain.State.Fs, domain.State.Rcx, domain.State.R11) = (X86Selectors.Stack, NoSuchSegment, 11, 12);
        SegmentReload.Reload(domain.Vcpu);
        Assert.Equal(Handler, domain.State.Rip);
        Assert.Equal(
            [11, 12, X86Selectors.Stack, 0, NoSuchSegment, 0, TestDomain.Pages, X86Selectors.Code64 & ~3UL, 0x202, TestDomain.StackTop, X86Selectors.Stack],
            domain.Stack(11));
        Assert.Equal((ushort)0, domain.State.Fs);
        Assert.False(domain.Vcpu.EventsMasked);
    }

    [Fact]
    public void Callback_FromUserMode_TakesTheKernelsStackAndMasksEvents()
    {
        using TestDomain domain = WithHandler(masksEvents: true);
        domain.Vcpu.KernelStackPointer = TestDomain.StackTop - 0x100;
        domain.EnterUser();
        domain.State.Gs = NoSuchSegment;
        SegmentReload.Reload(domain.Vcpu);
        Assert.Equal((true, true), (domain.Vcpu.IsInKernelMode, domain.Vcpu.EventsMasked));
        Assert.Equal(TestDomain.StackTop - 0x100 - 88, domain.State.Rsp);
        Assert.Equal((ulong)NoSuchSegment, domain.Stack(6)[5]);
    }

    [Fact]
    public void Segment_WithoutACallback_CrashesTheDomain()
    {
        using TestDomain domain = TestDomain.Create();
        domain.State.Es = NoSuchSegment;
        Assert.Throws<DomainCrashException>(() => SegmentReload.Reload(domain.Vcpu));
    }

    private static TestDomain WithHandler(bool masksEvents)
    {
        TestDomain domain = TestDomain.Create();
        domain.Vcpu.EventsMasked = false;
        domain.Vcpu.EntryPoints.Failsafe = new GuestEntryPoint(Handler, masksEvents);
        return domain;
    }
}
