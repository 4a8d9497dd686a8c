// SPDX-License-Identifier: MIT
using CsCheck;
using Domovoi.Backends.Rings;
using Domovoi.Xen.Abi;

namespace Domovoi.Backends;

public sealed class SharedRingTests : IDisposable
{
    private readonly TestGuest _guest = new();
    private readonly TestGuest _sample = new(8192);

    public void Dispose()
    {
        _guest.Dispose();
        _sample.Dispose();
    }

    [Theory]
    [InlineData(112, 1, 32)]                                // blkif, one page
    [InlineData(112, 4, 128)]
    [InlineData(112, 16, 512)]
    [InlineData(12, 1, 256)]                                // netif, transmit
    [InlineData(8, 1, 256)]                                 // netif, receive
    public void Capacity_IsTheLargestPowerOfTwoThatFits(int slotSize, int pages, int expected) =>
        Assert.Equal(expected, new SharedRing(new FrontRing(_guest, slotSize, pages).Pages, slotSize).Capacity);

    [Fact]
    public void Requests_AcrossPagesAndRounds_ComeBackAsTheyWereSent()
    {
        FrontRing front = new(_guest, 112, pages: 4);
        SharedRing back = new(front.Pages, 112);
        for (long round = 0; round < 1000; round++)
        {
            front.Send(round, round + 1_000_000);
            Assert.True(back.TryTake(out long first));
            Assert.True(back.TryTake(out long second));
            Assert.Equal((round, round + 1_000_000), (first, second));
            back.Put(-first);
            back.Put(-second);
            back.Publish();
            Assert.Equal([-round, -round - 1_000_000], front.Take<long>());
        }

        Assert.False(back.TryTake(out long _));
    }

    [Fact]
    public void Publish_SaysWhetherTheFrontEndWantsAnEvent()
    {
        FrontRing front = new(_guest, 8);
        SharedRing back = new(front.Pages, 8);
        front.Send(1L, 2L, 3L);
        Assert.True(Answer() && !Answer());                 // it asked for the first response only
        front.Take<long>();
        Assert.True(Answer());

        bool Answer()
        {
            Assert.True(back.TryTake(out long request));
            back.Put(request);
            return back.Publish();
        }
    }

    [Fact]
    public void Rearm_FindsWhatCameMeanwhile()
    {
        FrontRing front = new(_guest, 8);
        SharedRing back = new(front.Pages, 8);
        Assert.False(back.Rearm());
        front.Send(5L);
        Assert.True(back.Rearm());
        Assert.Equal(1u, front.Pages.Word(Ring.RequestEvent));
    }

    [Fact]
    public void MoreRequestsThanFit_BreakTheRing()
    {
        FrontRing front = new(_guest, 112);
        SharedRing back = new(front.Pages, 112);
        front.RequestProducer = 33;
        Assert.False(back.TryTake(out long _));
        Assert.True(back.IsBroken);
        front.RequestProducer = 1;
        Assert.False(back.TryTake(out long _));
    }

    [Fact]
    public void RequestsBeyondTheUnanswered_BreakTheRing()
    {
        FrontRing front = new(_guest, 112);
        SharedRing back = new(front.Pages, 112);
        front.RequestProducer = 32;
        Assert.True(back.TryTake(out long _));              // one slot is free to be taken for request 33, but not answered
        front.RequestProducer = 33;
        Assert.Equal(0, back.Waiting);
        Assert.True(back.IsBroken);
    }

    /// <summary>Whatever the guest writes into the shared words, no turn takes more than the ring holds, or reads outside of it.</summary>
    [Fact]
    public void AnyIndices_AreBounded() => Gen.Select(Gen.UInt.Array[16], Gen.UInt[0, 3]).Sample((words, word) =>
    {
        FrontRing front = new(_sample, 112);
        SharedRing back = new(front.Pages, 112);
        foreach (uint value in words)
        {
            front.Pages.Word((int)word * 4) = value;
            int taken = 0;
            while (back.TryTake(out Guid _))
            {
                back.Put(0L);
                taken++;
                Assert.True(taken <= back.Capacity);
            }

            back.Publish();
            back.Rearm();
        }
    }, iter: 400, threads: 1);
}
