// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Frames;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.PvMmu;

/// <summary>A guest that does anything at all: whatever it does, counts equal what its validated tables hold.</summary>
public sealed class TypeCountProperties
{
    private const int FrameCount = 20;
    private const int Steps = 3000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Counts_AfterRandomOperations_EqualWhatTablesHold(int seed)
    {
        using TableGuest guest = new();
        Random random = new(seed);
        for (int index = 0; index < FrameCount; index++)
        {
            guest.NewFrame();
        }

        for (int step = 0; step < Steps; step++)
        {
            Step(guest, random);
            if (step % 100 == 0)
            {
                Check(guest);
            }
        }

        Check(guest);
        foreach (Mfn frame in guest.Ram)
        {
            guest.Tables.Unpin(frame);
        }

        Assert.All(guest.Ram, frame => Assert.Equal(FrameType.None, guest.TypeOf(frame)));
    }

    private static void Step(TableGuest guest, Random random)
    {
        Mfn table = guest.Ram[random.Next(FrameCount)];
        Mfn target = guest.Ram[random.Next(FrameCount)];
        int slot = random.Next(6);
        switch (random.Next(8))
        {
            case 0:
                guest.Tables.Pin(table, random.Next(1, 5));
                break;
            case 1:
                guest.Tables.Unpin(table);
                break;
            case 2 when guest.TypeOf(table) is FrameType.None or FrameType.Writable:
                guest.Poke(table, slot, target, RandomFlags(random));
                break;
            case 3:
                guest.Update(table, slot, 0);
                break;
            default:
                guest.Map(table, slot, target, RandomFlags(random));
                break;
        }
    }

    private static ulong RandomFlags(Random random) => random.Next(10) switch
    {
        0 => 0,
        < 5 => TableGuest.Flags,
        _ => TableGuest.Writable,
    };

    private static void Check(TableGuest guest)
    {
        Dictionary<Mfn, (uint References, uint Types)> expected = guest.Ram.ToDictionary(frame => frame, _ => (1u, 0u));
        foreach (Mfn frame in guest.Ram)
        {
            var use = guest.Frames.Describe(frame);
            if (use.IsPinned)
            {
                expected[frame] = (expected[frame].References + 1, expected[frame].Types + 1);
            }

            if (use.TypeCount != 0 && use.Type is >= FrameType.Level1 and <= FrameType.Level4)
            {
                Count(guest, frame, use.Type, expected);
            }
        }

        Assert.All(guest.Ram, frame =>
        {
            var use = guest.Frames.Describe(frame);
            Assert.Equal(expected[frame], (use.References, use.TypeCount));
        });
    }

    private static void Count(
        TableGuest guest, Mfn table, FrameType level, Dictionary<Mfn, (uint References, uint Types)> expected)
    {
        for (int slot = 0; slot < 6; slot++)
        {
            PageTableEntry entry = guest.Peek(table, slot);
            Mfn target = new(entry.Frame);
            if (entry.IsPresent && (level == FrameType.Level1 || target != table))
            {
                (uint references, uint types) = expected[target];
                bool typed = level != FrameType.Level1 || entry.IsWritable;
                expected[target] = (references + 1, types + (typed ? 1u : 0u));
            }
        }
    }
}
