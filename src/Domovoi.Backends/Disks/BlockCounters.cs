// SPDX-License-Identifier: MIT
namespace Domovoi.Backends.Disks;

/// <summary>What a guest has read and written: requests that reached the image, and sectors of 512 bytes. Thread safe.</summary>
public sealed class BlockCounters
{
    private long _readRequests;
    private long _writeRequests;
    private long _readSectors;
    private long _writeSectors;

    public long ReadRequests => Volatile.Read(ref _readRequests);

    public long WriteRequests => Volatile.Read(ref _writeRequests);

    public long ReadSectors => Volatile.Read(ref _readSectors);

    public long WriteSectors => Volatile.Read(ref _writeSectors);

    internal void Count(bool isWrite, uint sectors)
    {
        Interlocked.Increment(ref isWrite ? ref _writeRequests : ref _readRequests);
        Interlocked.Add(ref isWrite ? ref _writeSectors : ref _readSectors, sectors);
    }
}
