// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Events;

public sealed class EventChannelTests
{
    [Fact]
    public void Send_ToABackend_WakesIt()
    {
        using EventGuest guest = new();
        int signals = 0;
        (EventPort port, _) = guest.NewBackend(() => signals++);

        Assert.Equal(1, signals);                           // what was sent before it bound may be lost
        Assert.Equal(XenError.None, guest.Table.Send(port));
        Assert.Equal(2, signals);
    }

    [Fact]
    public void Send_OnAnUnboundPort_SucceedsAndRaisesNothing()
    {
        using EventGuest guest = new();
        EventPort port = guest.Table.AllocateForBackend();

        Assert.Equal(XenError.None, guest.Table.Send(port));
        Assert.Empty(guest.TakePending());
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(uint.MaxValue)]
    public void EveryOperation_OnAPortThatIsNone_IsRefused(uint number)
    {
        using EventGuest guest = new();
        EventPort port = new(number);

        Assert.Equal(XenError.InvalidArgument, guest.Table.Send(port));
        Assert.Equal(XenError.InvalidArgument, guest.Table.Unmask(port));
        Assert.Equal(XenError.InvalidArgument, guest.Table.Bindings.Close(port));
        Assert.Equal(XenError.InvalidArgument, guest.Table.Bindings.BindVcpu(port, 0));
        Assert.Null(guest.Table.BindBackend(port, static () => { }));
    }

    [Fact]
    public void Raise_AMaskedPort_NotifiesOnUnmask()
    {
        using EventGuest guest = new();
        (EventPort port, Action raise) = guest.NewBackend();
        guest.Mask(port);

        raise();
        Assert.Equal(0, guest.Vcpus[0].Notified);
        Assert.Equal(XenError.None, guest.Table.Unmask(port));
        Assert.Equal(1, guest.Vcpus[0].Notified);
        Assert.Equal([port.Value], guest.TakePending());
    }

    [Fact]
    public void Raise_Twice_NotifiesOnce()
    {
        using EventGuest guest = new();
        (EventPort port, Action raise) = guest.NewBackend();

        raise();
        raise();
        Assert.Equal(1, guest.Vcpus[0].Notified);
        Assert.Equal([port.Value], guest.TakePending());
    }

    [Fact]
    public void Raise_AfterTheGuestClosedThePort_DoesNothing()
    {
        using EventGuest guest = new();
        (EventPort port, Action raise) = guest.NewBackend();
        Assert.Equal(XenError.None, guest.Table.Bindings.Close(port));
        EventPort reused = guest.NewIpi();

        raise();
        Assert.Equal(port, reused);
        Assert.Empty(guest.TakePending());
    }

    [Fact]
    public void BindVirq_ByKind_FollowsXensRules()
    {
        using EventGuest guest = new(vcpus: 2);
        EventBindings bindings = guest.Table.Bindings;

        Assert.Equal(XenError.None, bindings.BindVirq(Virq.Timer, 1, out EventPort timer));
        Assert.Equal(XenError.Exists, bindings.BindVirq(Virq.Timer, 1, out _));
        Assert.Equal(XenError.NoEntry, bindings.BindVirq(Virq.Timer, 2, out _));
        Assert.Equal(XenError.Busy, bindings.BindVirq(Virq.Console, 0, out _));
        Assert.Equal(XenError.InvalidArgument, bindings.BindVirq(Virq.Console, 1, out _));
        Assert.Equal(XenError.InvalidArgument, bindings.BindVirq(Virq.Count, 0, out _));
        Assert.Equal(XenError.InvalidArgument, bindings.BindVcpu(timer, 0));
    }

    [Fact]
    public void RaiseVirq_OfABoundInterrupt_ReachesItsVcpu()
    {
        using EventGuest guest = new(vcpus: 2);
        guest.Table.Bindings.BindVirq(Virq.Timer, 1, out EventPort timer);

        guest.Table.RaiseVirq(guest.Vcpus[0], Virq.Timer);
        guest.Table.RaiseVirq(guest.Vcpus[1], Virq.Timer);
        Assert.Equal((0, 1), (guest.Vcpus[0].Notified, guest.Vcpus[1].Notified));
        Assert.Equal([timer.Value], guest.TakePending(vcpu: 1));
    }

    [Fact]
    public void BindLoopback_ToAnOwnUnboundPort_ConnectsBothEnds()
    {
        using EventGuest guest = new();
        guest.Table.Bindings.AllocateUnbound(DomainId.Self, out EventPort far);
        Assert.Equal(XenError.None, guest.Table.Bindings.BindLoopback(far, out EventPort near));
        guest.TakePending();

        guest.Table.Send(near);
        Assert.Equal([far.Value], guest.TakePending());
        guest.Table.Bindings.Close(near);
        EvtchnStatus status = new() { Port = far };
        Assert.Equal(XenError.None, guest.Table.Status(ref status));
        Assert.Equal(EventChannelStatus.Unbound, status.Status);
    }

    [Fact]
    public void AllocateUnbound_BeyondTheLimit_HasNoSpace()
    {
        using EventGuest guest = new();
        for (int port = 1; port <= EventChannelTable.DefaultHighestPort; port++)
        {
            Assert.Equal(XenError.None, guest.Table.Bindings.AllocateUnbound(DomainId.Zero, out _));
        }

        Assert.Equal(XenError.NoSpace, guest.Table.Bindings.AllocateUnbound(DomainId.Zero, out _));
    }

    [Fact]
    public void Raise_WhileAVcpuPolls_KicksItThoughThePortIsMasked()
    {
        using EventGuest guest = new();
        (EventPort port, Action raise) = guest.NewBackend();
        guest.Mask(port);
        guest.Vcpus[0].IsPolling = true;

        raise();
        Assert.Equal((1, true), (guest.Vcpus[0].Kicks, guest.Table.IsPending(port)));
    }
}
