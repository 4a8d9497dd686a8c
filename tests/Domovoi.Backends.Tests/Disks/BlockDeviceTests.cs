// SPDX-License-Identifier: MIT
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Backends.Disks;

public sealed class BlockDeviceTests : IDisposable
{
    private const int Sectors = 4096;
    private readonly TestDisk _disk = new(Sectors);

    public void Dispose() => _disk.Dispose();

    [Fact]
    public void Disk_IsDescribedAsLinuxReadsIt()
    {
        using BlockFront front = new(_disk);
        Assert.Equal(("4096", "512", "0", "w"), (front.Back("sectors"), front.Back("sector-size"), front.Back("info"), front.Back("mode")));
        foreach (string name in (string[])["feature-flush-cache", "feature-barrier", "feature-discard"])
        {
            Assert.Equal("1", front.Back(name));
        }

        Assert.Equal(("256", "4", "4"), (front.Back("feature-max-indirect-segments"), front.Back("max-ring-page-order"), front.Back("multi-queue-max-queues")));
    }

    [Theory]
    [InlineData(false, "0")]
    [InlineData(true, "1")]
    public void PersistentGrants_AreOfferedAsConfigured(bool offered, string said)
    {
        using BlockFront front = new(_disk, offered: offered);
        Assert.Equal(said, front.Back("feature-persistent"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void PersistentGrants_AreKeptOnlyIfTheyWereOffered(bool offered)
    {
        using BlockFront front = new(_disk, persistent: true, offered: offered);
        (GrantRef reference, _) = front.Page(fill: 1);
        (_, Mfn other) = front.Page(fill: 2);
        Assert.Equal(BlockStatus.Okay, front.Do(front.Request(BlockOperation.Write, 0, Segment(reference, 0, 0))));
        front.Guest.Grants.SeedForBackend(reference, other);
        Assert.Equal(BlockStatus.Okay, front.Do(front.Request(BlockOperation.Write, 0, Segment(reference, 0, 0))));
        Assert.Equal(offered ? 1 : 2, _disk.Bytes[0]);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(true, 4)]
    public void WriteAndRead_MoveTheSectorsAsked(bool persistent, int ringPages)
    {
        using BlockFront front = new(_disk, persistent, ringPages);
        (GrantRef reference, Mfn frame) = front.Page(fill: 0x5A);
        Assert.Equal(BlockStatus.Okay, front.Do(front.Request(BlockOperation.Write, 10, Segment(reference, 2, 5))));
        Assert.True(_disk.Bytes.AsSpan(10 * 512, 4 * 512).IndexOfAnyExcept((byte)0x5A) < 0);
        Assert.Equal((0, 0), (_disk.Bytes[(10 * 512) - 1], _disk.Bytes[14 * 512]));
        Assert.Equal(BlockStatus.Okay, front.Do(front.Request(BlockOperation.Read, 9, Segment(reference, 0, 0))));
        Span<byte> page = front.Guest.Memory.Frame(frame.Value);
        Assert.Equal((0, 0, 0x5A), (page[0], page[511], page[512]));
    }

    [Fact]
    public void IndirectRequest_CarriesManySegments_AndIsAnsweredByItsInnerOperation()
    {
        using BlockFront front = new(_disk);
        BlockSegment[] segments = [.. Enumerable.Range(0, 256).Select(i => Segment(front.Page((byte)i).Reference, 0, 7))];
        BlockResponse answer = Assert.Single(front.Send(front.Indirect(BlockOperation.Write, 0, segments)));
        Assert.Equal((BlockStatus.Okay, BlockOperation.Write), (answer.Status, answer.Operation));
        Assert.All(Enumerable.Range(0, 256), i => Assert.Equal((byte)i, _disk.Bytes[(i * 4096) + 100]));
    }

    [Fact]
    public void ManyRequests_AreUnderWayAtOnce()
    {
        using BlockFront front = new(_disk);
        _disk.Open.Reset();
        BlockRequest[] requests = [.. Enumerable.Range(0, 32).Select(i => front.Request(BlockOperation.Read, (ulong)i, Segment(front.Page().Reference, 0, 0)))];
        front.Ring.Send<BlockRequest>(requests);
        front.Signal();
        TestGuest.Until(() => _disk.MostUnderWay >= 4);
        _disk.Open.Set();
        HashSet<ulong> answered = [];
        TestGuest.Until(() =>
        {
            answered.UnionWith(front.Ring.Take<BlockResponse>().Select(answer => answer.Id));
            return answered.Count == 32;
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ManyRequests_ThatNeedNotWait_AreAnsweredByOneWorkerInTheirOrder(bool persistent)
    {
        TestDisk disk = new(4096) { AnswersAtOnce = true };
        using BlockFront front = new(disk, persistent);
        GrantRef page = front.Page(fill: 3).Reference;
        for (int round = 0; round < 50; round++)
        {
            List<BlockResponse> answers = front.Send(
                [.. Enumerable.Range(0, 20).Select(i => front.Request((BlockOperation)(i % 2), (ulong)i, Segment(page, 0, 0)))]);
            Assert.All(answers, static answer => Assert.Equal(BlockStatus.Okay, answer.Status));
            Assert.Equal(answers.Select(static answer => answer.Id).Order(), answers.Select(static answer => answer.Id));
        }

        Assert.Equal(1, disk.MostUnderWay);
    }

    [Fact]
    public void Requests_BehindOneThatWaits_AreTakenByAnotherWorker()
    {
        TestDisk disk = new(4096);
        using BlockFront front = new(disk);
        GrantRef page = front.Page().Reference;
        disk.Open.Reset();
        front.Ring.Send(front.Request(BlockOperation.Read, 0, Segment(page, 0, 0)));
        front.Signal();
        TestGuest.Until(() => disk.MostUnderWay == 1);
        Assert.Equal(BlockStatus.Okay, front.Do(front.Request(BlockOperation.Write, 1, Segment(page, 0, 0))));
        disk.Open.Set();
        TestGuest.Until(() => front.Ring.Take<BlockResponse>().Count == 1);
    }

    [Fact]
    public void Barrier_ComesAfterAllBeforeIt_AndIsFlushedOnBothSides()
    {
        using BlockFront front = new(_disk);
        _disk.Open.Reset();
        GrantRef page = front.Page().Reference;
        front.Ring.Send(
            front.Request(BlockOperation.Read, 0, Segment(page, 0, 0)),
            front.Request(BlockOperation.WriteBarrier, 1, Segment(page, 0, 0)),
            front.Request(BlockOperation.Write, 2, Segment(page, 0, 0)));
        front.Signal();
        TestGuest.Until(() => _disk.MostUnderWay == 1);
        Assert.Empty(_disk.Log);
        _disk.Open.Set();
        TestGuest.Until(() => _disk.Log.Count == 5);
        Assert.Equal(["read 0 1", "flush", "write 1 1", "flush", "write 2 1"], _disk.Log);
    }

    [Fact]
    public void FlushAndDiscard_ReachTheImage()
    {
        using BlockFront front = new(_disk);
        Assert.Equal(BlockStatus.Okay, front.Do(front.Request(BlockOperation.FlushDiskCache, 0)));
        Assert.Equal(BlockStatus.Okay, front.Do(front.Request(BlockOperation.Discard, 8) with { SectorCount = 16 }));
        Assert.Equal(["flush", "discard 8 16"], _disk.Log);
    }

    [Theory]
    [InlineData(4096UL, 0, 0)]                              // behind the end
    [InlineData(4090UL, 0, 7)]                              // across it
    [InlineData(ulong.MaxValue, 0, 0)]                      // would wrap
    [InlineData(0UL, 5, 4)]                                 // last before first
    [InlineData(0UL, 0, 8)]                                 // leaves the page
    [InlineData(0UL, 255, 255)]
    public void RequestOutOfBounds_IsAnError_AndTouchesNothing(ulong sector, byte first, byte last)
    {
        using BlockFront front = new(_disk);
        GrantRef page = front.Page().Reference;
        Assert.Equal(BlockStatus.Error, front.Do(front.Request(BlockOperation.Write, sector, Segment(page, first, last))));
        Assert.Equal(BlockStatus.Error, front.Do(front.Request(BlockOperation.Read, sector, Segment(page, first, last))));
        Assert.Empty(_disk.Log);
    }

    [Fact]
    public void CountsThatCannotBe_AreErrors()
    {
        using BlockFront front = new(_disk);
        Assert.Equal(BlockStatus.Error, front.Do(front.Request(BlockOperation.Read, 0) with { SegmentCount = 12 }));
        Assert.Equal(BlockStatus.Error, front.Do(front.Request(BlockOperation.Read, 0)));
        Assert.Equal(BlockStatus.Error, front.Do(front.Indirect(BlockOperation.Read, 0, []) with { IndirectSegmentCount = 257 }));
        Assert.Equal(BlockStatus.Error, front.Do(front.Indirect(BlockOperation.FlushDiskCache, 0, new BlockSegment[1])));
        Assert.Equal(BlockStatus.Error, front.Do(front.Request(BlockOperation.Discard, 4000) with { SectorCount = ulong.MaxValue - 10 }));
        Assert.Equal(BlockStatus.NotSupported, front.Do(front.Request((BlockOperation)77, 0)));
        Assert.Empty(_disk.Log);
    }

    [Fact]
    public void GrantThatIsNone_IsAnError_AndGivesTheOthersBack()
    {
        using BlockFront front = new(_disk);
        GrantRef good = front.Page().Reference;
        BlockRequest request = front.Request(BlockOperation.Read, 0, Segment(good, 0, 0), Segment(new GrantRef(9_999_999), 0, 0));
        Assert.Equal(BlockStatus.Error, front.Do(request));
        Assert.True(front.Guest.Grants.TryMap(good, readOnly: false, out _));
        Assert.Empty(_disk.Log);
    }

    [Fact]
    public void ReadOnlyDisk_RefusesWrites()
    {
        using BlockFront front = new(new TestDisk(Sectors) { IsReadOnly = true });
        Assert.Equal(("4", "r", "0"), (front.Back("info"), front.Back("mode"), front.Back("feature-discard")));
        GrantRef page = front.Page().Reference;
        Assert.Equal(BlockStatus.Error, front.Do(front.Request(BlockOperation.Write, 0, Segment(page, 0, 0))));
        Assert.Equal(BlockStatus.NotSupported, front.Do(front.Request(BlockOperation.Discard, 0) with { SectorCount = 8 }));
        Assert.Equal(BlockStatus.Okay, front.Do(front.Request(BlockOperation.Read, 0, Segment(page, 0, 0))));
    }

    [Fact]
    public void DiskOfLargeSectors_TakesWholeOnesOnly()
    {
        using BlockFront front = new(new TestDisk(Sectors) { SectorSize = 4096 });
        Assert.Equal("4096", front.Back("sector-size"));
        GrantRef page = front.Page().Reference;
        Assert.Equal(BlockStatus.Error, front.Do(front.Request(BlockOperation.Write, 0, Segment(page, 0, 0))));
        Assert.Equal(BlockStatus.Okay, front.Do(front.Request(BlockOperation.Write, 8, Segment(page, 0, 7))));
    }

    [Fact]
    public void DiskThatGrows_IsShownAgain()
    {
        using BlockFront front = new(_disk);
        _disk.Grow(2 * Sectors);
        TestGuest.Until(() => front.Back("sectors") == "8192");
        GrantRef page = front.Page().Reference;
        Assert.Equal(BlockStatus.Okay, front.Do(front.Request(BlockOperation.Write, 8191, Segment(page, 0, 0))));
    }

    [Fact]
    public void CdRom_IsExchangedUnderWay()
    {
        using BlockFront front = new(disk: null, isCdRom: true);
        Assert.Equal(("0", "7"), (front.Back("sectors"), front.Back("info")));
        GrantRef page = front.Page().Reference;
        Assert.Equal(BlockStatus.Error, front.Do(front.Request(BlockOperation.Read, 0, Segment(page, 0, 0))));
        front.Device.Exchange(_disk, "/srv/cd.iso");
        TestGuest.Until(() => front.Back("sectors") == "4096");
        Assert.Equal(BlockStatus.Okay, front.Do(front.Request(BlockOperation.Read, 0, Segment(page, 0, 0))));
        front.Device.Exchange(null, "");
        Assert.True(_disk.IsDisposed);
    }

    [Fact]
    public void HostsError_ReachesTheGuest_OrIsTriedAgain()
    {
        List<string> troubles = [];
        using BlockFront front = new(_disk, trouble: (disk, failure, _) =>
        {
            troubles.Add($"{disk}: {failure}");
            return troubles.Count == 2;
        });
        GrantRef page = front.Page().Reference;
        _disk.Errors.Enqueue(28);
        Assert.Equal(BlockStatus.Error, front.Do(front.Request(BlockOperation.Write, 0, Segment(page, 0, 0))));
        _disk.Errors.Enqueue(28);
        Assert.Equal(BlockStatus.Okay, front.Do(front.Request(BlockOperation.Write, 0, Segment(page, 0, 0))));
        Assert.Equal("xvda: Write at byte 0 of /srv/a.img: No space left on device", troubles[0]);
    }

    [Fact]
    public void FlushThatFailed_IsNeverTriedAgain()
    {
        using BlockFront front = new(_disk, trouble: (_, _, _) => true);
        _disk.Errors.Enqueue(5);
        Assert.Equal(BlockStatus.Error, front.Do(front.Request(BlockOperation.FlushDiskCache, 0)));
    }

    [Fact]
    public void BrokenRing_IsLeftAlone_UntilTheDriverComesBack()
    {
        using BlockFront front = new(_disk);
        front.Ring.RequestProducer = 5000;
        front.Signal();
        TestGuest.Until(() => front.Guest.Log.Count == 1);
        front.Close();
        front.Connect();
        GrantRef page = front.Page().Reference;
        Assert.Equal(BlockStatus.Okay, front.Do(front.Request(BlockOperation.Read, 0, Segment(page, 0, 0))));
    }

    [Fact]
    public async Task Disconnect_FinishesWhatIsUnderWay_AndGivesAllGrantsBack()
    {
        using BlockFront front = new(_disk, persistent: true);
        (GrantRef reference, Mfn frame) = front.Page();
        _disk.Open.Reset();
        front.Ring.Send(front.Request(BlockOperation.Read, 0, Segment(reference, 0, 7)));
        front.Signal();
        TestGuest.Until(() => _disk.MostUnderWay == 1);
        Task close = Task.Run(front.Close, TestContext.Current.CancellationToken);
        _disk.Open.Set();
        await close.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Single(front.Ring.Take<BlockResponse>());
        front.Guest.Grants.SeedForBackend(reference, frame);
        Assert.True(front.Guest.Grants.TryMap(reference, readOnly: false, out _));
    }

    internal static BlockSegment Segment(GrantRef reference, byte first, byte last) =>
        new() { Grant = reference, FirstSector = first, LastSector = last };
}
