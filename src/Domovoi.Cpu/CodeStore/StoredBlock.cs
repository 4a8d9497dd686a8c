// SPDX-License-Identifier: MIT
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Domovoi.Cpu.CodeCache;

namespace Domovoi.Cpu.CodeStore;

/// <summary>A block as it lies in a file: a head, relocations, sites, and the code as it was translated, with nothing linked.</summary>
internal readonly unsafe ref struct StoredBlock
{
    private readonly ReadOnlySpan<byte> _bytes;

    private StoredBlock(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        Head = MemoryMarshal.Read<RecordHead>(bytes);
    }

    internal RecordHead Head { get; }

    /// <summary>As in <see cref="TranslatedBlock.Relocations"/>.</summary>
    internal ReadOnlySpan<uint> Relocations => Words[..Head.RelocationCount];

    /// <summary>As in <see cref="TranslatedBlock.Sites"/>.</summary>
    internal ReadOnlySpan<uint> Sites => Words.Slice(Head.RelocationCount, Head.SiteCount);

    internal ReadOnlySpan<byte> Code => _bytes.Slice(
        sizeof(RecordHead) + ((Head.RelocationCount + Head.SiteCount) * sizeof(uint)), (int)Head.CodeLength);

    private ReadOnlySpan<uint> Words => MemoryMarshal.Cast<byte, uint>(_bytes[sizeof(RecordHead)..]);

    /// <summary>Reads a record; false when it is not whole, or another block's.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> bytes, BlockKey key, out StoredBlock block)
    {
        block = default;
        if (bytes.Length < sizeof(RecordHead))
        {
            return false;
        }

        block = new StoredBlock(bytes);
        RecordHead head = block.Head;
        return head.Key == key && LengthOf(head) == bytes.Length && head.Checksum == ChecksumOf(bytes);
    }

    /// <summary>What <see cref="Write"/> will write of a block that was just translated.</summary>
    internal static RecordHead Describe(
        BlockKey key, TranslatedBlock block, CodePage page, CodeBuffer buffer, int relocations, bool isMovable) => new()
        {
            PageHigh = (ulong)(key.Page >> 64),
            PageLow = (ulong)key.Page,
            Place = key.Place,
            VirtualPage = page.VirtualPage,
            BufferOffset = (uint)(block.Start - buffer.RunStart),
            CodeLength = (uint)(block.End - block.Start),
            CheckedOffset = (ushort)(block.CheckedEntry - block.Start),
            FastOffset = (ushort)(block.FastEntry - block.Start),
            BodyOffset = (ushort)(block.BodyEntry - block.Start),
            RelocationCount = (ushort)relocations,
            SiteCount = (ushort)block.Sites.Length,
            IsMovable = isMovable ? 1u : 0,
        };

    /// <summary>Bytes of a record.</summary>
    internal static int LengthOf(in RecordHead head) =>
        (sizeof(RecordHead) + ((head.RelocationCount + head.SiteCount) * sizeof(uint)) + (int)head.CodeLength
            + IndexEntry.UnitSize - 1) & -IndexEntry.UnitSize;

    /// <summary>Writes a record.</summary>
    /// <param name="target">As long as <see cref="LengthOf"/> says.</param>
    internal static void Write(in RecordHead head, ReadOnlySpan<uint> relocations, ReadOnlySpan<uint> sites, ReadOnlySpan<byte> code, Span<byte> target)
    {
        Span<byte> rest = target[sizeof(RecordHead)..];
        MemoryMarshal.AsBytes(relocations).CopyTo(rest);
        rest = rest[(relocations.Length * sizeof(uint))..];
        MemoryMarshal.AsBytes(sites).CopyTo(rest);
        rest = rest[(sites.Length * sizeof(uint))..];
        code.CopyTo(rest);
        rest[code.Length..].Clear();
        MemoryMarshal.Write(target, head);
        MemoryMarshal.Write(target, ChecksumOf(target));
    }

    private static ulong ChecksumOf(ReadOnlySpan<byte> bytes) => XxHash3.HashToUInt64(bytes[sizeof(ulong)..]);

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    internal struct RecordHead
    {
        /// <summary>XXH3 of everything behind it.</summary>
        internal ulong Checksum;
        internal ulong PageHigh;
        internal ulong PageLow;
        internal ulong VirtualPage;
        internal uint Place;

        /// <summary>Where the block began in its code buffer: what it says of its own places counts from there.</summary>
        internal uint BufferOffset;
        internal uint CodeLength;
        internal ushort CheckedOffset;
        internal ushort FastOffset;
        internal ushort BodyOffset;
        internal ushort RelocationCount;
        internal ushort SiteCount;

        /// <summary>Whether it can be used at another linear address.</summary>
        internal uint IsMovable;

        internal readonly BlockKey Key => new(new UInt128(PageHigh, PageLow), Place);
    }
}
