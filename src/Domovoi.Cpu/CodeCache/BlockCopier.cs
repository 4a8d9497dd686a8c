// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using Domovoi.Cpu.CodeStore;
using Domovoi.Cpu.Emit;
using Domovoi.Cpu.State;

namespace Domovoi.Cpu.CodeCache;

/// <summary>Makes a block for another virtual page of the same frame from one that exists: some fifty times cheaper than translating.</summary>
/// <remarks>
/// Address space randomisation puts a program's and its libraries' pages elsewhere in each process, though the frames are the same. Example:
/// <c>call</c> in a library pushes its return address, an eight-byte constant in the block; the copy's is as far from it as the pages are
/// from one another. The copy's branches lead to their stubs, as if it had just been translated.
/// </remarks>
internal static unsafe class BlockCopier
{
    private const int StubOfHole = 13;                      // what precedes a stub's hole: the way out, and a guest address

    /// <summary>Copies to the end of the buffer.</summary>
    /// <param name="source">A block that has relocations.</param>
    /// <param name="from">Its page, whose code has not changed since.</param>
    /// <param name="to">The page the copy is for.</param>
    /// <param name="buffer">Holds both.</param>
    internal static TranslatedBlock Copy(TranslatedBlock source, CodePage from, CodePage to, CodeBuffer buffer)
    {
        nint start = buffer.NextRun;
        nint moved = start - source.Start;
        ulong distance = to.VirtualPage - from.VirtualPage;
        ReadOnlySpan<byte> code = new((void*)source.Start, (int)(source.End - source.Start));
        Place(code, moved, source.Relocations!, distance, to, buffer);
        return source with
        {
            Rip = source.Rip + distance,
            Start = start,
            CheckedEntry = source.CheckedEntry + moved,
            FastEntry = source.FastEntry + moved,
            BodyEntry = source.BodyEntry + moved,
            End = source.End + moved,
            Page = to.Id,
            Turns = 0,
        };
    }

    /// <summary>Copies a stored block to the end of the buffer.</summary>
    /// <param name="rip">Where its guest instructions lie now.</param>
    internal static TranslatedBlock Load(in StoredBlock source, ulong rip, BlockKind kind, CodePage to, CodeBuffer buffer)
    {
        nint start = buffer.NextRun;
        StoredBlock.RecordHead head = source.Head;
        nint moved = start - (buffer.RunStart + (nint)head.BufferOffset);
        Place(source.Code, moved, source.Relocations, to.VirtualPage - head.VirtualPage, to, buffer);
        return new TranslatedBlock(
            rip, start + head.CheckedOffset, start + head.FastOffset, start + head.BodyOffset, start + (nint)head.CodeLength, to.Id, 0, [.. source.Sites])
        {
            IsRepeated = kind == BlockKind.Loop,
            Start = start,
            Relocations = head.IsMovable != 0 ? [.. source.Relocations] : null,
        };
    }

    /// <param name="moved">How far the code lies from where it was written.</param>
    /// <param name="distance">How far the guest page lies from the one it was written for.</param>
    private static void Place(
        ReadOnlySpan<byte> source, nint moved, ReadOnlySpan<uint> relocations, ulong distance, CodePage to, CodeBuffer buffer)
    {
        nint start = buffer.NextRun;
        byte* code = (byte*)buffer.NextWrite;
        source.CopyTo(new Span<byte>(code, source.Length));
        foreach (uint place in relocations)
        {
            byte* at = code + Relocations.OffsetOf(place);
            if (Relocations.KindOf(place) == RelocationKind.GuestAddress)
            {
                Unsafe.WriteUnaligned(at, Unsafe.ReadUnaligned<ulong>(at) + distance);
                continue;
            }

            int value = Unsafe.ReadUnaligned<int>(at);
            Unsafe.WriteUnaligned(at, Relocations.KindOf(place) switch
            {
                RelocationKind.Distance => (int)(value - moved),
                RelocationKind.DataEntry => Rotate(value, distance, StateLayout.TlbEntries, sizeof(ulong)),
                RelocationKind.CodeEntry => Rotate(value, distance, StateLayout.CodeEntries, sizeof(int)),
                RelocationKind.PageId => to.Id,
                RelocationKind.NegatedPageId => -to.Id,
                _ => (int)(value + moved),
            });
            if (Relocations.KindOf(place) == RelocationKind.LinkHole)
            {
                nint hole = buffer.RunStart + value + moved;
                nint stub = start + Relocations.OffsetOf(place) - StubOfHole;
                Unsafe.WriteUnaligned((byte*)buffer.ToWrite(hole), (int)(stub - (hole + sizeof(int))));
            }
        }

        buffer.Commit(start + source.Length);
    }

    /// <summary>The displacement of an entry of a table that is indexed by page, and that begins at a multiple of its size.</summary>
    private static int Rotate(int displacement, ulong distance, int entries, int entrySize)
    {
        int mask = (entries - 1) * entrySize;
        int index = (displacement & mask) + ((int)(distance >> 12) * entrySize);
        return (displacement & ~mask) | (index & mask);
    }
}
