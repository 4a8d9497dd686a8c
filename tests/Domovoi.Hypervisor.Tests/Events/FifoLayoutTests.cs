// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Events;

public sealed class FifoLayoutTests
{
    [Fact]
    public void Raise_SeveralPorts_ArriveInOrder()
    {
        using EventGuest guest = new();
        guest.UseFifo();
        EventPort[] ports = [guest.NewIpi(), guest.NewIpi(), guest.NewIpi()];

        Array.ForEach(ports, port => guest.Table.Send(port));
        Assert.Equal(1, guest.Vcpus[0].Notified);
        Assert.Equal(ports.Select(port => port.Value), guest.TakeFifo());
        guest.Table.Send(ports[1]);
        Assert.Equal([ports[1].Value], guest.TakeFifo());
    }

    [Fact]
    public void Raise_WithPriorities_TheHigherComesFirst()
    {
        using EventGuest guest = new();
        guest.UseFifo();
        (EventPort low, EventPort high) = (guest.NewIpi(), guest.NewIpi());
        Assert.Equal(XenError.None, guest.Table.SetPriority(high, 0));
        Assert.Equal(XenError.InvalidArgument, guest.Table.SetPriority(high, 16));

        guest.Table.Send(low);
        guest.Table.Send(high);
        Assert.Equal([high.Value, low.Value], guest.TakeFifo());
    }

    [Fact]
    public void Raise_AMaskedPort_IsLinkedOnUnmask()
    {
        using EventGuest guest = new();
        guest.UseFifo();
        EventPort port = guest.NewIpi();
        guest.Word(port) |= EventChannelLimits.FifoMasked;

        guest.Table.Send(port);
        Assert.Empty(guest.TakeFifo());
        guest.Table.Unmask(port);
        Assert.Equal([port.Value], guest.TakeFifo());
    }

    [Fact]
    public void InitControl_WithEventsPending_CarriesThemOver()
    {
        using EventGuest guest = new();
        EventPort port = guest.NewIpi();
        guest.Table.Send(port);

        guest.UseFifo();
        Assert.Equal([port.Value], guest.TakeFifo());
    }

    [Fact]
    public void Reset_AfterFifo_ReturnsToTheTwoLevelLayoutAndTheFrames()
    {
        using EventGuest guest = new();
        guest.UseFifo();
        guest.Table.Bindings.Reset();
        EventPort port = guest.NewIpi();

        guest.Table.Send(port);
        Assert.Equal([port.Value], guest.TakePending());
        Assert.Equal(XenError.NotSupported, guest.Table.ExpandArray(0));
        Assert.Equal(0u, guest.Frames.Describe(new Mfn(5)).TypeCount);
    }

    [Theory]
    [InlineData(4u, 0u)]            // not aligned
    [InlineData(4096u - 64u, 0u)]   // leaves the page
    [InlineData(uint.MaxValue, 0u)]
    public void InitControl_WithAnImpossiblePlace_IsRefused(uint offset, uint vcpu)
    {
        using EventGuest guest = new();
        Mfn frame = guest.Frames.AllocateRam(new Pfn(0));
        EvtchnInitControl control = new() { ControlFrame = frame.Value, Offset = offset, Vcpu = vcpu };

        Assert.Equal(XenError.InvalidArgument, guest.Table.InitControl(control));
        Assert.Equal(XenError.NoEntry, guest.Table.InitControl(control with { Vcpu = 1 }));
        Assert.Equal(XenError.InvalidArgument, guest.Table.InitControl(new EvtchnInitControl { ControlFrame = ulong.MaxValue }));
    }

    [Fact]
    public void Raise_WithHostileWords_StaysInBounds()
    {
        using EventGuest guest = new();
        guest.UseFifo();
        EventPort[] ports = [guest.NewIpi(), guest.NewIpi()];
        Random random = new(1);
        for (int round = 0; round < 10_000; round++)
        {
            guest.Word(ports[random.Next(2)]) = (uint)random.NextInt64(uint.MaxValue);
            guest.Table.Send(ports[random.Next(2)]);
            guest.Table.Unmask(ports[random.Next(2)]);
        }
    }

    [Fact]
    public async Task Raise_FromManyThreads_LosesNothing()
    {
        using EventGuest guest = new();
        guest.UseFifo();
        EventPort[] ports = [.. Enumerable.Range(0, 32).Select(_ => guest.NewIpi())];
        HashSet<uint> seen = [];
        Task[] senders = [.. ports.Chunk(8).Select(chunk => Task.Run(() => Array.ForEach(chunk, port => guest.Table.Send(port))))];
        while (!Task.WhenAll(senders).IsCompleted)
        {
            seen.UnionWith(guest.TakeFifo());
        }

        await Task.WhenAll(senders);
        seen.UnionWith(guest.TakeFifo());
        Assert.Equal(ports.Select(port => port.Value).Order(), seen.Order());
    }
}
