// SPDX-License-Identifier: MIT
namespace Domovoi.Storage.Nbd;

/// <summary>Numbers of the NBD protocol, doc/proto.md of the NetworkBlockDevice project.</summary>
internal static class NbdProtocol
{
    internal const ulong Magic = 0x4E42444D41474943;        // NBDMAGIC
    internal const ulong OptionMagic = 0x49484156454F5054;  // IHAVEOPT
    internal const ulong OldStyleMagic = 0x00420281861253;
    internal const ulong OptionReplyMagic = 0x3E889045565A9;
    internal const uint RequestMagic = 0x25609513;
    internal const uint SimpleReplyMagic = 0x67446698;
    internal const uint StructuredReplyMagic = 0x668E33EF;

    internal const ushort FixedNewStyle = 1;
    internal const ushort NoZeroes = 2;

    internal const uint OptionExportName = 1;
    internal const uint OptionGo = 7;
    internal const uint OptionStructuredReply = 8;

    internal const uint ReplyAcknowledge = 1;
    internal const uint ReplyInfo = 3;
    internal const uint ReplyErrorBit = 1u << 31;
    internal const uint ReplyUnsupported = ReplyErrorBit + 1;
    internal const uint ReplyPolicy = ReplyErrorBit + 2;
    internal const uint ReplyTlsRequired = ReplyErrorBit + 5;
    internal const uint ReplyUnknown = ReplyErrorBit + 6;

    internal const ushort InfoExport = 0;
    internal const ushort InfoBlockSize = 3;

    internal const ushort ReadOnlyFlag = 1 << 1;
    internal const ushort FlushFlag = 1 << 2;
    internal const ushort TrimFlag = 1 << 5;

    internal const ushort ChunkDone = 1;
    internal const ushort ChunkNone = 0;
    internal const ushort ChunkData = 1;
    internal const ushort ChunkHole = 2;
    internal const ushort ChunkErrorBit = 1 << 15;
}

/// <summary><c>NBD_CMD_*</c></summary>
internal enum NbdCommand : ushort
{
    Read = 0,
    Write = 1,
    Disconnect = 2,
    Flush = 3,
    Trim = 4,
}
