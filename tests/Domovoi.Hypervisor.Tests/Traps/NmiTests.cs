// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Traps;

public sealed class NmiTests
{
    private const ulong Handler = 0xFFFF_FFFF_8100_0000;
    private const byte Nmi = ExceptionVector.NonMaskableInterrupt;

    [Fact]
    public void SendNmi_AsksForOne_AndIgnoresNothing()
    {
        using TestDomain domain = TestDomain.Create();
        Assert.Equal((long)XenError.InvalidArgument, domain.Hypercall(HypercallNumber.VcpuOp, (ulong)VcpuCommand.SendNmi, 0, 8));
        Assert.False(domain.Vcpu.HasRequests);
        Assert.Equal(0, domain.Hypercall(HypercallNumber.VcpuOp, (ulong)VcpuCommand.SendNmi, 0, 0));
        Assert.Equal(VcpuRequests.Nmi, domain.Vcpu.TakeRequests());
    }

    [Fact]
    public void Nmi_WithoutAHandler_IsLost()
    {
        using TestDomain domain = TestDomain.Create();
        TrapDelivery.DeliverNmi(domain.Vcpu);
        Assert.Equal((TestDomain.Pages, false), (domain.State.Rip, domain.Vcpu.IsInNmi));
    }

    [Fact]
    public void Nmi_EntersTheHandlerOfVector2()
    {
        using TestDomain domain = TestDomain.Create();
        domain.SetTrap(Nmi, Handler);
        TrapDelivery.DeliverNmi(domain.Vcpu);
        Assert.Equal((Handler, TestDomain.Pages), (domain.State.Rip, domain.Stack(3)[2]));
    }

    [Fact]
    public void Nmi_DuringAnother_WaitsForIret()
    {
        using TestDomain domain = TestDomain.Create();
        domain.SetTrap(Nmi, Handler);
        TrapDelivery.DeliverNmi(domain.Vcpu);
        ulong stack = domain.State.Rsp;
        TrapDelivery.DeliverNmi(domain.Vcpu);
        Assert.Equal((stack, false), (domain.State.Rsp, domain.Vcpu.HasRequests));

        ReturnFromHandler(domain);
        Assert.Equal((TestDomain.Pages, VcpuRequests.Nmi), (domain.State.Rip, domain.Vcpu.TakeRequests()));
        TrapDelivery.DeliverNmi(domain.Vcpu);
        Assert.Equal(Handler, domain.State.Rip);
        ReturnFromHandler(domain);
        Assert.False(domain.Vcpu.HasRequests);
    }

    /// <summary>The iret hypercall over the bounce frame, with RAX, R11, RCX and flags below it as the guest's stub puts them.</summary>
    private static void ReturnFromHandler(TestDomain domain)
    {
        ulong[] frame = domain.Stack(7);
        domain.State.Rsp -= 16;
        domain.Write(domain.State.Rsp, new IretFrame
        {
            R11 = frame[1], Rcx = frame[0], Rip = frame[2], Cs = frame[3] & 0xFFFF, Rflags = frame[4], Rsp = frame[5], Ss = frame[6],
        });
        domain.Hypercall(HypercallNumber.Iret);
    }
}
