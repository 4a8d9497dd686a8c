// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Domovoi.Cpu.CodeCache;
using Domovoi.Cpu.Emit;
using Domovoi.Memory;

namespace Domovoi.Cpu.CodeStore;

/// <summary>One processor's side of a <see cref="TranslationStore"/>: which pages' code may be taken from it and put there.</summary>
/// <remarks>
/// A stored block must be a function of the bytes whose hash it is found by, whatever other processors and devices write meanwhile. So pages
/// are translated from a snapshot, and a snapshot counts only while it is the page that was hashed: another hash, with a seed that no
/// guest knows, tells.
/// </remarks>
internal sealed class StoredCode(TranslationStore store, GuestMemory memory, CodeBuffer buffer)
{
    private static readonly long s_seed = BinaryPrimitives.ReadInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(long)));

    private readonly TranslationStore.Reader _reader = store.NewReader();
    private readonly Dictionary<ulong, (UInt128 Key, ulong Seal)> _contents = [];
    private readonly Dictionary<ulong, int> _changes = [];
    private readonly byte[] _snapshot = new byte[PhysicalAddress.PageSize];
    private ulong _frame = ulong.MaxValue;
    private ulong _seal;

    /// <summary>A frame whose code changed so often, with data beside it or by a compiler's hand, will not hold the same another time.</summary>
    internal int MostContents { get; set; } = 16;

    /// <summary>Takes the bytes of a page for <see cref="Load"/>, for translation and for <see cref="Add"/>; false when they are changing.</summary>
    internal bool TryTake(CodePage page, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (_changes.GetValueOrDefault(page.Frame) >= MostContents)
        {
            return false;
        }

        ReadOnlySpan<byte> live = memory.Frame(page.Frame);
        if (_frame != page.Frame || !live.SequenceEqual(_snapshot))
        {
            live.CopyTo(_snapshot);
            _frame = page.Frame;
            _seal = XxHash3.HashToUInt64(_snapshot, s_seed);
        }

        bytes = _snapshot;
        if (!_contents.TryGetValue(page.Frame, out (UInt128 Key, ulong Seal) content))
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(_snapshot, hash);
            content = (BinaryPrimitives.ReadUInt128LittleEndian(hash), _seal);
            _contents.Add(page.Frame, content);
        }

        return content.Seal == _seal;
    }

    /// <summary>The code of a frame has retired: its bytes may be others from now on.</summary>
    internal void Forget(ulong frame)
    {
        if (_contents.Remove(frame))
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_changes, frame, out _)++;
        }
    }

    /// <summary>Copies the stored block at an address of the page that was taken to the end of the buffer; null when there is none.</summary>
    internal TranslatedBlock? Load(CodePage page, ulong rip, BlockKind kind) =>
        _reader.TryRead(KeyOf(page, rip, kind), out StoredBlock block)
            && (block.Head.IsMovable != 0 || block.Head.VirtualPage == page.VirtualPage)
            ? BlockCopier.Load(block, rip, kind, page, buffer)
            : null;

    /// <summary>Stores a block that was translated from the page that was taken, and is not linked yet.</summary>
    internal unsafe void Add(CodePage page, TranslatedBlock block, BlockKind kind, Relocations relocations)
    {
        if (!relocations.AreComplete)
        {
            return;
        }

        StoredBlock.RecordHead head = StoredBlock.Describe(
            KeyOf(page, block.Rip, kind), block, page, buffer, relocations.Places.Length, relocations.IsMovable);
        ReadOnlySpan<byte> code = new((void*)buffer.ToWrite(block.Start), (int)head.CodeLength);
        store.Add(head, relocations.Places, block.Sites, code);
    }

    private BlockKey KeyOf(CodePage page, ulong rip, BlockKind kind) => new(_contents[page.Frame].Key, rip, page.Mode, kind);
}
