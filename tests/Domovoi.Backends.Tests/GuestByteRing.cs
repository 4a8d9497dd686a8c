// SPDX-License-Identifier: MIT
using Domovoi.Backends.Rings;
using Domovoi.Memory;

namespace Domovoi.Backends;

/// <summary>A front end's side of a byte ring, honest or not.</summary>
internal sealed class GuestByteRing(GuestMemory memory, RingPlace place)
{
    internal uint Producer
    {
        get => memory.Shared<uint>(place.Producer);
        set => memory.Shared<uint>(place.Producer) = value;
    }

    internal uint Consumer
    {
        get => memory.Shared<uint>(place.Consumer);
        set => memory.Shared<uint>(place.Consumer) = value;
    }

    /// <summary>Puts in as much as fits.</summary>
    internal int Put(ReadOnlySpan<byte> bytes)
    {
        int count = Math.Min(bytes.Length, place.Size - (int)(Producer - Consumer));
        for (int i = 0; i < count; i++)
        {
            memory.TryWrite(place.Bytes + ((Producer + (uint)i) % (uint)place.Size), bytes[i]);
        }

        Producer += (uint)count;
        return count;
    }

    /// <summary>Takes out all there is.</summary>
    internal byte[] TakeAll()
    {
        byte[] bytes = new byte[(int)(Producer - Consumer)];
        for (int i = 0; i < bytes.Length; i++)
        {
            memory.TryRead(place.Bytes + ((Consumer + (uint)i) % (uint)place.Size), out bytes[i]);
        }

        Consumer += (uint)bytes.Length;
        return bytes;
    }
}
