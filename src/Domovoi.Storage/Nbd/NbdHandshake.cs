// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Text;

namespace Domovoi.Storage.Nbd;

/// <summary>The fixed newstyle negotiation: asks for chunked answers, then for the export.</summary>
/// <remarks>The server may be anybody: every length it names is checked before it is believed.</remarks>
internal static class NbdHandshake
{
    private const int LongestText = 4096;
    private const int MostReplies = 64;
    private const int LargestSector = 4096;
    private const int ZeroesAfterExportName = 124;

    /// <exception cref="DiskException">The server does not give the export.</exception>
    internal static NbdExport Negotiate(NbdStream stream, string export)
    {
        ulong magic = stream.ReadUInt64();
        ulong style = stream.ReadUInt64();
        if (magic != NbdProtocol.Magic || style != NbdProtocol.OptionMagic)
        {
            throw new DiskException(
                "nbd-protocol",
                style == NbdProtocol.OldStyleMagic ? "the server speaks the old NBD protocol" : "what answers there is no NBD server",
                "fixed newstyle is needed: qemu-nbd, nbdkit and nbd-server 3.10 or later speak it");
        }

        ushort flags = stream.ReadUInt16();
        if ((flags & NbdProtocol.FixedNewStyle) == 0)
        {
            throw new DiskException("nbd-protocol", "the server does not speak fixed newstyle NBD");
        }

        bool noZeroes = (flags & NbdProtocol.NoZeroes) != 0;
        Span<byte> answer = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(answer, (uint)(NbdProtocol.FixedNewStyle | (noZeroes ? NbdProtocol.NoZeroes : 0)));
        stream.Write(answer);
        SendOption(stream, NbdProtocol.OptionStructuredReply, []);
        bool structured = ReadReply(stream, NbdProtocol.OptionStructuredReply, out uint left) == NbdProtocol.ReplyAcknowledge;
        stream.Skip(left);
        return Go(stream, export, structured) ?? ByName(stream, export, structured, noZeroes);
    }

    private static NbdExport? Go(NbdStream stream, string export, bool structured)
    {
        byte[] name = Encoding.UTF8.GetBytes(export);
        byte[] wish = new byte[4 + name.Length + 4];
        BinaryPrimitives.WriteUInt32BigEndian(wish, (uint)name.Length);
        name.CopyTo(wish, 4);
        BinaryPrimitives.WriteUInt16BigEndian(wish.AsSpan(4 + name.Length), 1);
        BinaryPrimitives.WriteUInt16BigEndian(wish.AsSpan(6 + name.Length), NbdProtocol.InfoBlockSize);
        SendOption(stream, NbdProtocol.OptionGo, wish);
        NbdExport? found = null;
        int minimum = 1;
        for (int replies = 0; replies < MostReplies; replies++)
        {
            uint type = ReadReply(stream, NbdProtocol.OptionGo, out uint left);
            switch (type)
            {
                case NbdProtocol.ReplyAcknowledge:
                    stream.Skip(left);
                    return found is null ? throw Broken("it gives the export without its size") : found with { MinimumBlock = minimum };
                case NbdProtocol.ReplyInfo when left >= 2:
                    ReadInfo(stream, left, structured, ref found, ref minimum);
                    break;
                case NbdProtocol.ReplyUnsupported:
                    stream.Skip(left);
                    return null;
                case >= NbdProtocol.ReplyErrorBit:
                    throw Refused(type, export, ReadText(stream, left));
                default:
                    stream.Skip(left);
                    break;
            }
        }

        throw Broken("it does not come to an end");
    }

    private static void ReadInfo(NbdStream stream, uint left, bool structured, ref NbdExport? found, ref int minimum)
    {
        ushort kind = stream.ReadUInt16();
        left -= 2;
        if (kind == NbdProtocol.InfoExport && left == 10)
        {
            long length = Size(stream.ReadUInt64());
            found = new NbdExport(length, stream.ReadUInt16(), minimum, structured);
        }
        else if (kind == NbdProtocol.InfoBlockSize && left == 12)
        {
            uint smallest = stream.ReadUInt32();
            stream.Skip(8);
            minimum = smallest is > 0 and <= LargestSector && uint.IsPow2(smallest)
                ? (int)smallest
                : throw new DiskException("nbd-block-size", $"the server's blocks are {smallest} bytes; at most {LargestSector} can be given to a guest");
        }
        else
        {
            stream.Skip(left);
        }
    }

    /// <summary>For servers that do not know the newer option: they hang up when the export is not there.</summary>
    private static NbdExport ByName(NbdStream stream, string export, bool structured, bool noZeroes)
    {
        SendOption(stream, NbdProtocol.OptionExportName, Encoding.UTF8.GetBytes(export));
        long length = Size(stream.ReadUInt64());
        ushort flags = stream.ReadUInt16();
        stream.Skip(noZeroes ? 0 : (uint)ZeroesAfterExportName);
        return new NbdExport(length, flags, 1, structured);
    }

    private static void SendOption(NbdStream stream, uint option, ReadOnlySpan<byte> data)
    {
        byte[] message = new byte[16 + data.Length];
        BinaryPrimitives.WriteUInt64BigEndian(message, NbdProtocol.OptionMagic);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(8), option);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(12), (uint)data.Length);
        data.CopyTo(message.AsSpan(16));
        stream.Write(message);
    }

    private static uint ReadReply(NbdStream stream, uint option, out uint left)
    {
        if (stream.ReadUInt64() != NbdProtocol.OptionReplyMagic || stream.ReadUInt32() != option)
        {
            throw Broken("its answer has a wrong header");
        }

        uint type = stream.ReadUInt32();
        left = stream.ReadUInt32();
        return left <= 1 << 20 ? type : throw Broken("its answer is too long");
    }

    private static string ReadText(NbdStream stream, uint length)
    {
        byte[] text = new byte[Math.Min(length, LongestText)];
        stream.Read(text);
        return Encoding.UTF8.GetString(text);
    }

    private static long Size(ulong bytes) => bytes <= long.MaxValue ? (long)bytes : throw Broken("its export has an impossible size");

    private static DiskException Refused(uint type, string export, string text)
    {
        string why = text.Length > 0 ? $" ({text})" : "";
        return type switch
        {
            NbdProtocol.ReplyUnknown => new DiskException("nbd-no-export", $"the server has no export \"{export}\"{why}"),
            NbdProtocol.ReplyTlsRequired => new DiskException("nbd-tls", $"the server wants TLS, which is not supported{why}"),
            NbdProtocol.ReplyPolicy => new DiskException("nbd-refused", $"the server does not allow it{why}"),
            _ => new DiskException("nbd-refused", $"the server refuses the export \"{export}\"{why}"),
        };
    }

    private static DiskException Broken(string how) => new("nbd-protocol", $"the server breaks the NBD protocol: {how}");
}
