// SPDX-License-Identifier: MIT
using Domovoi.Backends.Disks;

namespace Domovoi.Fuzz.Disks;

/// <summary>A guest's disk driver that does what it likes: the back end answers what it takes, stays inside the disk and the grants.</summary>
internal sealed class BlockRingTarget : IFuzzTarget
{
    private const int Sectors = 4096;
    private const int EIO = 5;

    public void Run(Random random)
    {
        TestDisk disk = new(Sectors)
        {
            AnswersAtOnce = random.Chance(2),
            CanDiscard = !random.Chance(4),
            IsReadOnly = random.Chance(8),
            SectorSize = random.Chance(6) ? 4096 : 512,
        };
        for (int errors = random.Chance(4) ? random.Next(10) : 0; errors > 0; errors--)
        {
            disk.Errors.Enqueue(random.Chance(2) ? EIO : 0);
        }

        using BlockFront front = new(disk, persistent: random.Chance(2), ringPages: 1 << random.Next(3), isCdRom: random.Chance(8));
        new HostileDriver(random, front).Play();
    }

    public void Dispose()
    {
    }
}
