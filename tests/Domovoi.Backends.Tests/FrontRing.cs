// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Domovoi.Backends.Rings;
using Domovoi.Xen.Abi;

namespace Domovoi.Backends;

/// <summary>The front end's side of a ring of requests and responses: honest, unless a test writes its indices.</summary>
internal sealed class FrontRing
{
    private readonly int _slotSize;
    private uint _taken;

    internal FrontRing(TestGuest guest, int slotSize, int pages = 1)
    {
        _slotSize = slotSize;
        References = [.. Enumerable.Range(0, pages).Select(_ => guest.NewGrant().Reference)];
        Pages = SharedPages.TryMap(guest.Grants, guest.Memory, References)!;
        Volatile.Write(ref Pages.Word(Ring.RequestEvent), 1);
        Volatile.Write(ref Pages.Word(Ring.ResponseEvent), 1);
    }

    internal GrantRef[] References { get; }

    /// <summary>The driver's own view of its pages.</summary>
    internal SharedPages Pages { get; }

    internal int Capacity => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)((Pages.Length - 64) / _slotSize) + 1) >> 1;

    internal ref uint RequestProducer => ref Pages.Word(Ring.RequestProducer);

    internal ref uint ResponseProducer => ref Pages.Word(Ring.ResponseProducer);

    /// <summary>Writes requests and shows them all at once, as drivers show what belongs together.</summary>
    internal void Send<TRequest>(params ReadOnlySpan<TRequest> requests)
        where TRequest : unmanaged
    {
        uint next = RequestProducer;
        foreach (TRequest request in requests)
        {
            Pages.Write(Offset(next++), MemoryMarshal.AsBytes(new ReadOnlySpan<TRequest>(in request)));
        }

        Volatile.Write(ref RequestProducer, next);
    }

    /// <summary>Takes the responses that are there, and asks for an event with the next.</summary>
    internal List<TResponse> Take<TResponse>()
        where TResponse : unmanaged
    {
        List<TResponse> responses = [];
        while (_taken != Volatile.Read(ref ResponseProducer))
        {
            TResponse response = default;
            Pages.Read(Offset(_taken++), MemoryMarshal.AsBytes(new Span<TResponse>(ref response)));
            responses.Add(response);
        }

        Volatile.Write(ref Pages.Word(Ring.ResponseEvent), _taken + 1);
        return responses;
    }

    private int Offset(uint index) => Ring.Slots + ((int)(index & (uint)(Capacity - 1)) * _slotSize);
}
