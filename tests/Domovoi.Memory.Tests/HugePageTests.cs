// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Domovoi.Memory.Tests;

/// <summary>Memory that is wholly in use moves to huge pages, with its contents, and what is given back leaves them.</summary>
public sealed class HugePageTests : IDisposable
{
    private const ulong FramesOfHugePage = 512;
    private const ulong Frames = 4 * FramesOfHugePage;

    private readonly GuestMemory _memory = new(Frames);

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void WhatIsWhollyInUse_MovesWithItsContents()
    {
        Fill(FramesOfHugePage, 3 * FramesOfHugePage);
        Assert.SkipWhen(_memory.CollapseWhatIsWhollyInUse(10) < 0, "This host has no huge pages for files in memory (Linux 6.1).");
        ExpectFilled(FramesOfHugePage, 3 * FramesOfHugePage);
        Assert.SkipWhen(HugeKibibytes() == 0, "The host had no huge page to give.");
        Assert.Equal(4096, HugeKibibytes());
    }

    [Fact]
    public void WhatIsPartlyInUse_StaysAsSmall()
    {
        Fill(0, FramesOfHugePage - 1);
        Assert.SkipWhen(_memory.CollapseWhatIsWhollyInUse(10) < 0, "This host has no huge pages for files in memory (Linux 6.1).");
        Assert.Equal(0, HugeKibibytes());
    }

    [Fact]
    public void FrameGivenBack_ReadsAsZero_AndItsNeighboursStay()
    {
        Fill(0, FramesOfHugePage);
        Assert.SkipWhen(_memory.CollapseWhatIsWhollyInUse(10) < 0, "This host has no huge pages for files in memory (Linux 6.1).");
        _memory.Discard(7);
        Assert.Equal(0UL, _memory.FrameWords(7)[3]);
        ExpectFilled(8, FramesOfHugePage);
        Fill(0, FramesOfHugePage);
        Assert.True(_memory.CollapseWhatIsWhollyInUse(10) >= 0);
        ExpectFilled(0, FramesOfHugePage);
    }

    private void Fill(ulong first, ulong end)
    {
        for (ulong frame = first; frame < end; frame++)
        {
            _memory.FrameWords(frame).Fill(frame + 1);
        }
    }

    private void ExpectFilled(ulong first, ulong end)
    {
        for (ulong frame = first; frame < end; frame++)
        {
            Assert.False(_memory.FrameWords(frame).ContainsAnyExcept(frame + 1), $"frame {frame}");
        }
    }

    /// <summary>What Linux says of this memory's mapping in smaps.</summary>
    private long HugeKibibytes()
    {
        string start = _memory.HostBase.ToString("x", CultureInfo.InvariantCulture) + "-";
        string line = File.ReadLines("/proc/self/smaps")
            .SkipWhile(text => !text.StartsWith(start, StringComparison.Ordinal))
            .First(static text => text.StartsWith("ShmemPmdMapped:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
