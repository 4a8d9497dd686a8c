// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Timers;

public sealed class TickCadenceTests
{
    private const long Jiffy = 4_000_000;

    [Fact]
    public void Place_OfTicksThatWereLate_GivesTheLostTimeBack()
    {
        TickCadence cadence = new();
        long due = cadence.Place(Jiffy, now: 100);
        for (int tick = 1; tick < 100; tick++)
        {
            cadence.Fired(due);
            long handled = due + 250_000;
            due = cadence.Place(handled + Jiffy - 900, handled);
        }

        Assert.Equal(100 * Jiffy, due);
    }

    [Fact]
    public void Place_ForAGuestWithAnExactClock_IsWhatItAskedFor()
    {
        TickCadence cadence = new();
        cadence.Fired(cadence.Place(Jiffy, now: 100));
        foreach (long delay in (long[])[1_700_000, 900_000, 3_900_000])
        {
            Assert.Equal(5_000_000 + delay, cadence.Place(5_000_000 + delay, now: 5_000_000));
        }

        Assert.Equal(9_000_000, cadence.Place(9_000_000, now: 5_000_000));
    }
}
