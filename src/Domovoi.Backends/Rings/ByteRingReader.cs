// SPDX-License-Identifier: MIT
using Domovoi.Memory;

namespace Domovoi.Backends.Rings;

/// <summary>Our end of a ring of bytes that the guest fills: console output, xenstore requests. Belongs to one thread.</summary>
/// <remarks>
/// Indices run freely and wrap at 2^32; the guest may write anything into its own and into ours. Ours is kept here and only
/// shown to the guest; its index is read once per call, checked, and used.
/// <code>
/// data[size]   ......#########......      # = producer - consumer bytes, at most size
///                    ^consumer ^producer
/// </code>
/// </remarks>
public sealed class ByteRingReader
{
    private readonly GuestMemory _memory;
    private readonly RingPlace _place;
    private uint _consumer;

    public ByteRingReader(GuestMemory memory, RingPlace place)
    {
        _memory = memory;
        _place = place;
        _consumer = Volatile.Read(ref memory.Shared<uint>(place.Consumer));
    }

    /// <summary>The guest's index was more than a ring away when last looked at; nothing is read until <see cref="Resynchronise"/>.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Copies out what is there, as far as it fits, and gives the room back to the guest.</summary>
    public int Read(Span<byte> destination)
    {
        uint producer = Volatile.Read(ref _memory.Shared<uint>(_place.Producer));
        uint filled = producer - _consumer;
        if (IsBroken || filled > (uint)_place.Size)
        {
            IsBroken = true;
            return 0;
        }

        int count = Math.Min((int)filled, destination.Length);
        int start = (int)(_consumer % (uint)_place.Size);
        int first = Math.Min(count, _place.Size - start);
        _memory.TryRead(_place.Bytes + (ulong)start, destination[..first]);
        _memory.TryRead(_place.Bytes, destination[first..count]);
        _consumer += (uint)count;
        Interlocked.MemoryBarrier();                        // the bytes are ours before the guest may overwrite them
        Volatile.Write(ref _memory.Shared<uint>(_place.Consumer), _consumer);
        return count;
    }

    /// <summary>Gives up what may be in the ring, and starts from where the guest is now.</summary>
    public void Resynchronise()
    {
        IsBroken = false;
        _consumer = Volatile.Read(ref _memory.Shared<uint>(_place.Producer));
        Volatile.Write(ref _memory.Shared<uint>(_place.Consumer), _consumer);
    }
}
