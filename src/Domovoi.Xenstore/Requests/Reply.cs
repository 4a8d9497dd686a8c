// SPDX-License-Identifier: MIT
using Domovoi.Xenstore.Wire;

namespace Domovoi.Xenstore.Requests;

/// <summary>The answer to a request: an error's name, or bytes.</summary>
internal readonly record struct Reply(StoreError Error, ReadOnlyMemory<byte> Payload)
{
    private static readonly byte[] OkPayload = "OK\0"u8.ToArray();

    /// <summary>What requests answer that have nothing to tell.</summary>
    internal static Reply Ok => new(StoreError.None, OkPayload);

    internal static Reply Of(StoreError error) => error == StoreError.None ? Ok : new Reply(error, default);

    /// <summary>Bytes, unless they are more than a message can carry.</summary>
    internal static Reply Of(ReadOnlyMemory<byte> payload) =>
        payload.Length <= MessageHeader.MaximumPayload ? new Reply(StoreError.None, payload) : Of(StoreError.E2BIG);

    internal static Reply Of(string text) => Of(Wire.Payload.Of(text));
}
