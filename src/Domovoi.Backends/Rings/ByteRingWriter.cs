// SPDX-License-Identifier: MIT
using Domovoi.Memory;

namespace Domovoi.Backends.Rings;

/// <summary>Our end of a ring of bytes that the guest empties: console input, xenstore answers. Belongs to one thread.</summary>
/// <remarks>See <see cref="ByteRingReader"/>.</remarks>
public sealed class ByteRingWriter
{
    private readonly GuestMemory _memory;
    private readonly RingPlace _place;
    private uint _producer;

    public ByteRingWriter(GuestMemory memory, RingPlace place)
    {
        _memory = memory;
        _place = place;
        _producer = Volatile.Read(ref memory.Shared<uint>(place.Producer));
    }

    /// <summary>The guest's index was more than a ring away when last looked at.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Bytes that fit now; it can only become more, unless the guest breaks the ring.</summary>
    public int Free
    {
        get
        {
            uint filled = _producer - Volatile.Read(ref _memory.Shared<uint>(_place.Consumer));
            IsBroken = filled > (uint)_place.Size;
            return IsBroken ? 0 : _place.Size - (int)filled;
        }
    }

    /// <summary>Copies in as much as fits; returns how much that was.</summary>
    public int Write(ReadOnlySpan<byte> source)
    {
        int count = Math.Min(Free, source.Length);
        int start = (int)(_producer % (uint)_place.Size);
        int first = Math.Min(count, _place.Size - start);
        _memory.TryWrite(_place.Bytes + (ulong)start, source[..first]);
        _memory.TryWrite(_place.Bytes, source[first..count]);
        _producer += (uint)count;
        Volatile.Write(ref _memory.Shared<uint>(_place.Producer), _producer);
        return count;
    }

    /// <summary>Starts from where the guest is now.</summary>
    public void Resynchronise()
    {
        _producer = Volatile.Read(ref _memory.Shared<uint>(_place.Consumer));
        Volatile.Write(ref _memory.Shared<uint>(_place.Producer), _producer);
        IsBroken = false;
    }
}
