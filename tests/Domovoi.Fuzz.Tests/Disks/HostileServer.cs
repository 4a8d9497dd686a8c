// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using Domovoi.Storage.Nbd;

namespace Domovoi.Fuzz.Disks;

/// <summary>One connection of an NBD server that is honest now and then.</summary>
internal sealed class HostileServer(Random random, FakeServer connection)
{
    private const int LargestPayload = 1 << 20;

    internal void Serve()
    {
        if (random.Chance(6))
        {
            GreetBadly();
            return;
        }

        bool isOdd = random.Chance(8);
        connection.Greet(random.Chance(2), isOdd ? random.EdgeNumber() : 1 << 20, (ushort)(isOdd ? random.Next(0x10000) : 0x2D));
        for (int requests = random.Next(1, 20); requests > 0; requests--)
        {
            (NbdCommand command, ulong cookie, ulong offset, uint length) = connection.HearRequest();
            if (command == NbdCommand.Disconnect || length > LargestPayload)
            {
                return;
            }

            if (command == NbdCommand.Write)
            {
                connection.Hear((int)length);
            }

            if (!TryAnswer(command, cookie, offset, length))
            {
                return;                                     // what it still owes would be waited for: hanging up ends that
            }
        }
    }

    /// <summary>Pieces of a handshake in any order and with any numbers.</summary>
    private void GreetBadly()
    {
        connection.Say(random.Chance(8) ? random.EdgeNumber() : NbdProtocol.Magic, random.Chance(8) ? random.EdgeNumber() : NbdProtocol.OptionMagic);
        connection.SayBytes([0, (byte)random.Next(8)]);
        for (int replies = random.Next(6); replies > 0; replies--)
        {
            byte[] data = Payload(random.Next(40));
            connection.Say(random.Chance(8) ? random.EdgeNumber() : NbdProtocol.OptionReplyMagic);
            connection.SayUInt32(random.OneOf<uint>([NbdProtocol.OptionStructuredReply, NbdProtocol.OptionGo, (uint)random.EdgeNumber()]));
            connection.SayUInt32(random.OneOf<uint>(
                [NbdProtocol.ReplyAcknowledge, NbdProtocol.ReplyInfo, NbdProtocol.ReplyUnsupported, 0x8000_0001 + (uint)random.Next(10), (uint)random.EdgeNumber()]));
            connection.SayUInt32(random.Chance(6) ? (uint)random.EdgeNumber() : (uint)data.Length);
            connection.SayBytes(data);
        }
    }

    /// <returns>Whether client and server still agree on where the next answer begins.</returns>
    private bool TryAnswer(NbdCommand command, ulong cookie, ulong offset, uint length)
    {
        switch (random.Next(14))
        {
            case 0:
                connection.Answer(cookie + (ulong)random.Next(3), (uint)random.EdgeNumber());
                return false;
            case 1:
                connection.SayBytes(Payload(random.Next(64)));
                return false;
            case 2:
                connection.Answer(cookie, error: 5);
                return true;
            case 3:
                connection.Answer(cookie);
                connection.SayBytes(Payload(random.Next((int)length + 1)));
                return false;
            case < 10:
                return TrySendChunks(command, cookie, offset, (int)length);
            default:
                connection.Answer(cookie);
                connection.SayBytes(command == NbdCommand.Read ? Payload((int)length) : []);
                return true;
        }
    }

    /// <summary>Chunks that cover the request, or nearly.</summary>
    private bool TrySendChunks(NbdCommand command, ulong cookie, ulong offset, int length)
    {
        int at = 0;
        while (command == NbdCommand.Read && at < length)
        {
            int part = Math.Min(length - at, random.Next(1, (length / 512) + 1) * 512);
            byte[] place = new byte[12];
            BinaryPrimitives.WriteUInt64BigEndian(place, random.Chance(30) ? random.EdgeNumber() : offset + (ulong)at);
            BinaryPrimitives.WriteUInt32BigEndian(place.AsSpan(8), random.Chance(30) ? (uint)random.EdgeNumber() : (uint)part);
            at += random.Chance(30) ? 512 : part;
            ushort done = (ushort)(at >= length && random.Chance(2) ? 1 : 0);
            if (random.Chance(4))
            {
                connection.Chunk(cookie, done, NbdProtocol.ChunkHole, place);
            }
            else
            {
                connection.Chunk(cookie, done, NbdProtocol.ChunkData, [.. place[..8], .. Payload(part)]);
            }

            if (done != 0)
            {
                return true;
            }
        }

        bool isOdd = random.Chance(4);
        connection.Chunk(
            cookie, (ushort)(isOdd ? random.Next(4) : 1), isOdd ? (ushort)random.EdgeNumber() : (ushort)0, isOdd ? Payload(random.Next(20)) : []);
        return !isOdd;
    }

    private byte[] Payload(int length)
    {
        byte[] bytes = random.Bytes(length);
        bytes.AsSpan().Replace((byte)0xEE, (byte)0xED);
        return bytes;
    }
}
