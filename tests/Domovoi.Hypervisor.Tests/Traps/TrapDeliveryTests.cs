// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Domains;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Traps;

public sealed class TrapDeliveryTests
{
    private const ulong Handler = TestDomain.Pages + 0x100;

    [Fact]
    public void Raise_InTheKernel_PushesTheFrameBelowTheAlignedStack()
    {
        using TestDomain domain = TestDomain.Create();
        domain.SetTrap(6, Handler);
        domain.State.Rsp = TestDomain.StackTop - 8;
        (domain.State.Rcx, domain.State.R11) = (0xC, 0x11);
        TrapDelivery.Raise(domain.Vcpu, 6);

        Assert.Equal((Handler, TestDomain.StackTop - 16 - 56), (domain.State.Rip, domain.State.Rsp));
        Assert.Equal([0xC, 0x11, TestDomain.Pages, 0xE030, 0x202, TestDomain.StackTop - 8, 0xE02B], domain.Stack(7));
    }

    [Fact]
    public void Raise_FromUserMode_UsesTheKernelStackAndGsBase()
    {
        using TestDomain domain = TestDomain.Create();
        domain.SetTrap(13, Handler);
        domain.Vcpu.KernelStackPointer = TestDomain.StackTop;
        (domain.State.GsBase, domain.Vcpu.InactiveGsBase) = (0x1000, 0x2000);
        domain.EnterUser(rip: 0x400000, rsp: 0x7000);
        TrapDelivery.Raise(domain.Vcpu, 13, 0x18);

        Assert.True(domain.Vcpu.IsInKernelMode);
        Assert.Equal((0x1000UL, 0x2000UL), (domain.State.GsBase, domain.Vcpu.InactiveGsBase));
        Assert.Equal([0x18, 0x400000, 0xE033, 0x202, 0x7000, 0xE02B], domain.Stack(8)[2..]);
    }

    [Theory]
    [InlineData(0, 0, 0x202)]
    [InlineData(TrapInfo.MaskEventsFlag, 1, 0x202)]
    public void Raise_WithTheHandlersFlag_MasksEvents(byte flags, byte mask, ulong pushedFlags)
    {
        using TestDomain domain = TestDomain.Create();
        domain.SetTrap(6, Handler, flags);
        TrapDelivery.Raise(domain.Vcpu, 6);

        Assert.Equal((mask != 0, pushedFlags), (domain.Vcpu.EventsMasked, domain.Stack(5)[4]));
    }

    [Fact]
    public void Raise_WhileEventsAreMasked_ShowsTheMaskInTheFrame()
    {
        using TestDomain domain = TestDomain.Create();
        domain.SetTrap(6, Handler);
        domain.Vcpu.EventsMasked = true;
        TrapDelivery.Raise(domain.Vcpu, 6);

        Assert.Equal((0x1_0000_E030UL, 2UL), (domain.Stack(5)[3], domain.Stack(5)[4]));
    }

    [Fact]
    public void Raise_ClearsSingleStepNestedTaskAndAlignmentCheck()
    {
        using TestDomain domain = TestDomain.Create();
        domain.SetTrap(6, Handler);
        domain.State.Rflags = 0x202 | 0x100 | 0x4000 | 0x40000 | 0x400;
        TrapDelivery.Raise(domain.Vcpu, 6);

        Assert.Equal(0x602UL, domain.State.Rflags);
    }

    [Fact]
    public void RaisePageFault_FromUserMode_SetsCr2AndTheUserBit()
    {
        using TestDomain domain = TestDomain.Create();
        domain.SetTrap(14, Handler);
        domain.Vcpu.KernelStackPointer = TestDomain.StackTop;
        domain.EnterUser();
        TrapDelivery.RaisePageFault(domain.Vcpu, 0x1234, errorCode: 2);

        Assert.Equal(6UL, domain.Stack(3)[2]);
        Assert.Equal(0x1234UL, domain.Domain.Memory.Shared<ulong>(domain.Vcpu.InfoAddress + VcpuInfo.Cr2));
    }

    [Fact]
    public void DeliverEvent_AlwaysMasksEvents()
    {
        using TestDomain domain = TestDomain.Create();
        domain.Vcpu.EntryPoints.Event = Handler;
        domain.Vcpu.NotifyEvent();
        Assert.True(domain.Vcpu.HasDeliverableEvent);
        TrapDelivery.DeliverEvent(domain.Vcpu);

        Assert.False(domain.Vcpu.HasDeliverableEvent);
        Assert.Equal((Handler, true), (domain.State.Rip, domain.Vcpu.EventsMasked));
    }

    [Fact]
    public void Raise_WithoutAHandler_CrashesTheDomain()
    {
        using TestDomain domain = TestDomain.Create();
        DomainCrashException crash = Assert.Throws<DomainCrashException>(() => TrapDelivery.Raise(domain.Vcpu, 6));
        Assert.Equal(CrashReason.NoHandler, crash.Reason);
    }

    [Theory]
    [InlineData(0x1000)]
    [InlineData(0xFFFF_8000_0000_1000)]
    public void Raise_OntoAStackThatTakesNoFrame_CrashesTheDomain(ulong stack)
    {
        using TestDomain domain = TestDomain.Create();
        domain.SetTrap(6, Handler);
        domain.State.Rsp = stack;
        DomainCrashException crash = Assert.Throws<DomainCrashException>(() => TrapDelivery.Raise(domain.Vcpu, 6));
        Assert.Equal(CrashReason.BadKernelStack, crash.Reason);
    }
}
