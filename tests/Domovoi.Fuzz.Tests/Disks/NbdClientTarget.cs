// SPDX-License-Identifier: MIT
using Domovoi.Storage;
using Domovoi.Storage.Nbd;

namespace Domovoi.Fuzz.Disks;

/// <summary>NBD servers that lie: a request ends, with an error or with every byte of it from the server, and nothing beside it changes.</summary>
internal sealed class NbdClientTarget : IFuzzTarget
{
    private const int PageSize = 4096;
    private const int Most = 64 * 1024;
    private const byte Unfilled = 0xEE;                     // servers here never send it
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(20);

    public void Run(Random random)
    {
        int seed = random.Next();
        int connections = 0;
        using FakeServer server = new(s => new HostileServer(new Random(unchecked(seed + connections++)), s).Serve());
        try
        {
            DiskOptions options = new(ReadOnly: random.Chance(8));
            using NbdDisk disk = NbdDisk.Open(server.Address, options, Patience);
            using Pinned memory = new(Most + (2 * PageSize));
            for (int requests = random.Next(1, 12); requests > 0; requests--)
            {
                Request(random, disk, memory);
            }
        }
        catch (DiskException e)
        {
            Assert.NotEmpty(e.Message);
        }
    }

    public void Dispose()
    {
    }

    private static void Request(Random random, NbdDisk disk, Pinned memory)
    {
        memory.Bytes.Fill(Unfilled);
        int length = random.Next(1, (Most / 512) + 1) * 512;
        long offset = random.Next(16) * (long)PageSize;
        Linux.IoVector whole = memory.Vectors()[0];
        Linux.IoVector[] vectors = Split(random, whole.Address + PageSize, length);
        switch (random.Next(6))
        {
            case 0:
                disk.Flush();
                break;
            case 1:
                disk.Discard(offset, length);
                break;
            case 2:
                disk.Write(offset, vectors);
                break;
            default:
                bool isDone = disk.Read(offset, vectors) == 0;
                Assert.False(isDone && memory.Bytes.Slice(PageSize, length).Contains(Unfilled), "a read succeeded without all of its bytes");
                break;
        }

        Assert.Equal(-1, memory.Bytes[..PageSize].IndexOfAnyExcept(Unfilled));
        Assert.Equal(-1, memory.Bytes[(PageSize + length)..].IndexOfAnyExcept(Unfilled));
    }

    private static Linux.IoVector[] Split(Random random, nint start, int length)
    {
        int first = random.Next(length / 512) * 512;
        return first == 0 ? [new(start, length)] : [new(start, first), new(start + first, length - first)];
    }
}
