// SPDX-License-Identifier: MIT
using System.Buffers.Binary;

namespace Domovoi.Xenstore.Wire;

/// <summary><c>struct xsd_sockmsg</c>, xs_wire.h: 16 bytes before each payload, little-endian.</summary>
public readonly record struct MessageHeader(MessageType Type, uint RequestId, uint TransactionId, uint Length)
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = 16;

    /// <summary><c>XENSTORE_PAYLOAD_MAX</c></summary>
    public const int MaximumPayload = 4096;

    public static MessageHeader Read(ReadOnlySpan<byte> source) => new(
        (MessageType)BinaryPrimitives.ReadUInt32LittleEndian(source),
        BinaryPrimitives.ReadUInt32LittleEndian(source[4..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[8..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[12..]));

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)Type);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], RequestId);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], TransactionId);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[12..], Length);
    }

    /// <summary>A whole message: header and payload.</summary>
    public static byte[] Message(MessageType type, uint requestId, uint transactionId, ReadOnlySpan<byte> payload)
    {
        byte[] message = new byte[Size + payload.Length];
        new MessageHeader(type, requestId, transactionId, (uint)payload.Length).Write(message);
        payload.CopyTo(message.AsSpan(Size));
        return message;
    }
}
