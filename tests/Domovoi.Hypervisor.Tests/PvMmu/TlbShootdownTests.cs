// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Frames;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.PvMmu;

/// <summary>What processors remember, against what they may.</summary>
public sealed class TlbShootdownTests : IDisposable
{
    private const int FrameCount = 8;
    private const int Steps = 4000;
    private const int Word = 500 * 8;

    private readonly ShootdownGuest _guest = new();

    [Fact]
    public void Flush_AfterOnePageOfTheKernelChanged_KeepsTheOthers()
    {
        (Mfn first, Mfn second) = (Marked(1), Marked(2));
        _guest.UpdateVa(0, ShootdownGuest.High(0), first, TableGuest.Writable);
        _guest.UpdateVa(0, ShootdownGuest.High(1), first, TableGuest.Writable);
        _guest.Tables.Flush(ulong.MaxValue);
        Assert.Equal((1UL, 1UL), (_guest.Load(1, ShootdownGuest.High(0)), _guest.Load(1, ShootdownGuest.High(1))));

        _guest.Poke(ShootdownGuest.High(1), second);
        _guest.UpdateVa(0, ShootdownGuest.High(0), second, TableGuest.Flags);
        _guest.Tables.Flush(ulong.MaxValue);

        Assert.Equal((2UL, 1UL), (_guest.Load(1, ShootdownGuest.High(0)), _guest.Load(1, ShootdownGuest.High(1))));
    }

    [Fact]
    public void Flush_AfterMoreChangesThanAreLogged_ForgetsAll()
    {
        (Mfn first, Mfn second) = (Marked(1), Marked(2));
        _guest.UpdateVa(0, ShootdownGuest.High(1), first, TableGuest.Writable);
        _guest.Tables.Flush(ulong.MaxValue);
        Assert.Equal(1UL, _guest.Load(1, ShootdownGuest.High(1)));

        _guest.Poke(ShootdownGuest.High(1), second);
        for (int change = 0; change <= StaleTranslations.LogLength; change++)
        {
            _guest.UpdateVa(0, ShootdownGuest.High(0), change % 2 == 0 ? first : second, TableGuest.Flags);
        }

        _guest.Tables.Flush(ulong.MaxValue);
        Assert.Equal(2UL, _guest.Load(1, ShootdownGuest.High(1)));
    }

    /// <summary>The last mapping that goes is not the one a processor remembers.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Pin_AFrameWrittenThroughAMappingThatWentFirst_CannotBeWrittenAnyMore(int vcpu)
    {
        Mfn table = _guest.NewFrame();
        _guest.Update(ShootdownGuest.Low(0), table, TableGuest.Writable);
        _guest.UpdateVa(0, ShootdownGuest.High(0), table, TableGuest.Writable);
        Assert.True(_guest.TryStore(vcpu, ShootdownGuest.Low(0) + Word, 2));

        _guest.Update(ShootdownGuest.Low(0), table, 0);
        _guest.UpdateVa(0, ShootdownGuest.High(0), table, TableGuest.Flags);
        Assert.Equal(XenError.None, _guest.Tables.Pin(table, 1));

        Assert.False(_guest.TryStore(vcpu, ShootdownGuest.Low(0) + Word, 4));
        Assert.False(_guest.TryStore(vcpu, ShootdownGuest.High(0) + Word, 4));
    }

    /// <summary>The kernel's table had two places, and only the other one was used.</summary>
    [Fact]
    public void Pin_AFrameWrittenThroughAPlaceItsTableLost_CannotBeWrittenAnyMore()
    {
        Mfn table = _guest.NewFrame();
        _guest.UpdateVa(0, ShootdownGuest.High(0), table, TableGuest.Writable);
        Assert.Equal(XenError.None, _guest.LinkAlias(true));
        Assert.True(_guest.TryStore(1, ShootdownGuest.Alias(0) + Word, 2));

        Assert.Equal(XenError.None, _guest.LinkAlias(false));
        _guest.UpdateVa(0, ShootdownGuest.High(0), table, TableGuest.Flags);
        Assert.Equal(XenError.None, _guest.Tables.Pin(table, 1));

        Assert.False(_guest.TryStore(1, ShootdownGuest.Alias(0) + Word, 4));
    }

    [Fact]
    public void Pin_AFrameAfterTheClocksBeganAnew_CannotBeWrittenAnyMore()
    {
        _guest.Stale.Period = 20;
        while (_guest.Space(1).FlushedAt != 20)
        {
            _guest.Tables.Flush(1 << 1);
        }

        _guest.Tables.Flush(1 << 0);
        Mfn table = _guest.NewFrame();
        _guest.Update(ShootdownGuest.Low(0), table, TableGuest.Writable);
        Assert.True(_guest.TryStore(1, ShootdownGuest.Low(0) + Word, 2));

        _guest.Update(ShootdownGuest.Low(0), table, 0);
        Assert.Equal(XenError.None, _guest.Tables.Pin(table, 1));
        Assert.False(_guest.TryStore(1, ShootdownGuest.Low(0) + Word, 4));
    }

    /// <summary>A guest that does anything at all writes to no table, and after a flush sees what its tables say.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(4, true)]
    [InlineData(5, true)]
    [InlineData(6, true)]
    public void Accesses_AfterRandomChanges_AreThoseTheTablesAllow(int seed, bool shortPeriods)
    {
        Random random = new(seed);
        Mfn[] frames = [.. Enumerable.Range(0, FrameCount).Select(_ => _guest.NewFrame())];
        _guest.Stale.Period = shortPeriods ? 50 : _guest.Stale.Period;
        int stored = 0;
        for (int step = 0; step < Steps; step++)
        {
            Step(random, frames);
            for (int access = 0; access < 4; access++)
            {
                stored += Store(random, frames) ? 1 : 0;
            }

            if (random.Next(20) == 0)
            {
                _guest.Tables.Flush(ulong.MaxValue);
                CheckLoads();
            }
        }

        Assert.False(_guest.Stale.AreTangled);
        Assert.InRange(stored, Steps / 4, Steps * 4);
    }

    public void Dispose() => _guest.Dispose();

    private void Step(Random random, Mfn[] frames)
    {
        Mfn frame = frames[random.Next(frames.Length)];
        int page = random.Next(ShootdownGuest.PageCount);
        ulong flags = random.Next(5) switch { 0 => 0, < 3 => TableGuest.Flags, _ => TableGuest.Writable };
        switch (random.Next(12))
        {
            case 0 or 1:
                _guest.Tables.Pin(frame, 1);
                break;
            case 2 or 3:
                _guest.Tables.Unpin(frame);
                break;
            case 4:
                _guest.LinkAlias(random.Next(2) == 0);
                break;
            case 5:
                _guest.Tables.Flush(1UL << random.Next(2));
                break;
            case 6:
                _guest.Tables.Invalidate(1UL << random.Next(2), ShootdownGuest.High(page));
                break;
            case 7:
                _guest.Update(ShootdownGuest.High(page), frame, flags);
                break;
            case 8 or 9:
                _guest.Update(ShootdownGuest.Low(page), frame, flags);
                break;
            default:
                _guest.UpdateVa(random.Next(2), ShootdownGuest.High(page), frame, flags);
                break;
        }
    }

    private bool Store(Random random, Mfn[] frames)
    {
        ulong[] tables = [.. frames.Where(IsTable).Select(Content)];
        bool stored = _guest.TryStore(random.Next(2), Address(random.Next(3), random.Next(ShootdownGuest.PageCount)) + Word, (ulong)random.Next() << 1);
        Assert.Equal(tables, frames.Where(IsTable).Select(Content));
        return stored;
    }

    private void CheckLoads()
    {
        for (int place = 0; place < 3 * ShootdownGuest.PageCount; place++)
        {
            ulong address = Address(place % 3, place / 3) + Word;
            Assert.Equal(_guest.Walk(address), _guest.Load(place & 1, address));
        }
    }

    private static ulong Address(int kind, int page) => kind switch
    {
        0 => ShootdownGuest.High(page),
        1 => ShootdownGuest.Low(page),
        _ => ShootdownGuest.Alias(page),
    };

    private bool IsTable(Mfn frame) => _guest.Frames.Describe(frame) is { TypeCount: not 0, Type: FrameType.Level1 };

    private ulong Content(Mfn frame) => _guest.Frames.Memory.FrameWords(frame.Value)[Word / 8];

    private Mfn Marked(ulong mark)
    {
        Mfn frame = _guest.NewFrame();
        _guest.Frames.Memory.FrameWords(frame.Value)[0] = mark;
        return frame;
    }
}
