// SPDX-License-Identifier: MIT
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Domovoi.Xen.Abi;

namespace Domovoi.Backends.Rings;

/// <summary>The back end's side of a ring of requests and responses, io/ring.h.</summary>
/// <remarks>
/// Requests are taken by one thread. Responses are put and published under a lock of the caller's if several threads do it.
/// Each request is copied out before it is looked at. Our indices are kept here and only shown to the guest; its index is read
/// once, and more requests than the ring can hold unanswered break the ring: nothing is taken from then on.
/// <code>
/// rsp_prod ...answered... consumer ...waiting... req_prod      req_prod - answered is at most Capacity
/// </code>
/// A turn of the caller's loop: take until there is none or its quota is used up, put responses, raise an event if
/// <see cref="Publish"/> says so, and go to sleep only after <see cref="Rearm"/> found nothing new.
/// </remarks>
public sealed class SharedRing
{
    private readonly SharedPages _pages;
    private readonly int _slotSize;
    private uint _consumer;                                 // owned by the taking thread
    private uint _knownProducer;                            // owned by the taking thread
    private uint _responses;                                // responses put; owned by the answering thread
    private uint _published;                                // responses shown; owned by the answering thread
    private volatile bool _broken;

    /// <param name="pages">Where the ring lies; they outlive it.</param>
    /// <param name="slotSize">Bytes of the larger of request and response.</param>
    public SharedRing(SharedPages pages, int slotSize)
    {
        _pages = pages;
        _slotSize = slotSize;
        Capacity = (int)BitOperations.RoundUpToPowerOf2((uint)((pages.Length - Ring.Slots) / slotSize) + 1) >> 1;
        _responses = Volatile.Read(ref pages.Word(Ring.ResponseProducer));
        _published = _responses;
        _consumer = _responses;
        _knownProducer = _responses;
    }

    /// <summary>Slots: the largest power of two that fits.</summary>
    public int Capacity { get; }

    /// <summary>The front end has shown an index that cannot be.</summary>
    public bool IsBroken => _broken;

    /// <summary>Requests that wait to be taken, 0 for a broken ring.</summary>
    public int Waiting
    {
        get
        {
            uint producer = Volatile.Read(ref _pages.Word(Ring.RequestProducer));
            _broken |= producer - Volatile.Read(ref _responses) > (uint)Capacity || producer - _consumer > (uint)Capacity;
            if (_broken)
            {
                return 0;
            }

            _knownProducer = producer;
            return (int)(producer - _consumer);
        }
    }

    /// <summary>Takes the oldest request that waits: a private copy.</summary>
    public bool TryTake<TRequest>(out TRequest request)
        where TRequest : unmanaged
    {
        Unsafe.SkipInit(out request);
        if (_broken || (_knownProducer == _consumer && Waiting == 0))
        {
            request = default;
            return false;
        }

        _pages.Read(OffsetOf(_consumer), MemoryMarshal.AsBytes(new Span<TRequest>(ref request)));
        _consumer++;
        return true;
    }

    /// <summary>Writes the next response; the guest sees it after <see cref="Publish"/>. At most one for each request taken.</summary>
    public void Put<TResponse>(in TResponse response)
        where TResponse : unmanaged
    {
        _pages.Write(OffsetOf(_responses), MemoryMarshal.AsBytes(new ReadOnlySpan<TResponse>(in response)));
        Volatile.Write(ref _responses, _responses + 1);
    }

    /// <summary><c>RING_PUSH_RESPONSES_AND_CHECK_NOTIFY</c></summary>
    /// <returns>true when the front end wants an event.</returns>
    public bool Publish()
    {
        ref uint shown = ref _pages.Word(Ring.ResponseProducer);
        uint fresh = _responses - _published;
        _published = _responses;
        Volatile.Write(ref shown, _responses);
        Interlocked.MemoryBarrier();                        // the responses are seen before we look for the wish
        return _responses - Volatile.Read(ref _pages.Word(Ring.ResponseEvent)) < fresh;
    }

    /// <summary><c>RING_FINAL_CHECK_FOR_REQUESTS</c>: asks for an event with the next request.</summary>
    /// <returns>true when one has come meanwhile and no event will.</returns>
    public bool Rearm()
    {
        if (_broken)
        {
            return false;
        }

        Volatile.Write(ref _pages.Word(Ring.RequestEvent), _consumer + 1);
        Interlocked.MemoryBarrier();                        // the wish is seen before we look once more
        return Waiting > 0;
    }

    private int OffsetOf(uint index) => Ring.Slots + ((int)(index & (uint)(Capacity - 1)) * _slotSize);
}
