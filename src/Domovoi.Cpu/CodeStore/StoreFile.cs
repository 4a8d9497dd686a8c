// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Domovoi.Cpu.CodeStore;

/// <summary>A finished file of stored blocks, which nobody changes any more.</summary>
/// <remarks>
/// A head, the records, the index, and the first hash of each <see cref="GroupSize"/> entries of it. Only these are kept in memory: a group is read
/// when a block of its hashes is wanted. What does not have the form, or is of another engine, counts as not there.
/// </remarks>
internal sealed unsafe class StoreFile : IDisposable
{
    /// <summary>Index entries that are read together: some more than the blocks of a page.</summary>
    internal const int GroupSize = 64;

    private const ulong Magic = 0x3230_4B4C_4256_4D44;      // "DMVBLK02"
    private const int MostEntries = 1 << 24;

    private readonly ulong[] _fences;
    private readonly Head _head;

    private StoreFile(SafeFileHandle handle, Head head, ulong[] fences) => (Handle, _head, _fences) = (handle, head, fences);

    internal SafeFileHandle Handle { get; }

    internal int Count => (int)_head.Count;

    internal static StoreFile? TryOpen(string path, UInt128 engine)
    {
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path);
            if (TryReadFences(handle, engine, out Head head, out ulong[]? fences))
            {
                return new StoreFile(handle, head, fences);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
        }

        handle?.Dispose();
        return null;
    }

    /// <summary>The group of index entries in which a hash would be; -1 when it comes before all.</summary>
    internal int GroupOf(ulong hash)
    {
        int at = _fences.AsSpan().BinarySearch(hash);
        return at >= 0 ? at : ~at - 1;
    }

    /// <summary>Reads a group of index entries.</summary>
    /// <exception cref="IOException">The host cannot read.</exception>
    internal ReadOnlySpan<IndexEntry> ReadGroup(int group, Span<IndexEntry> target) => ReadEntries((long)group * GroupSize, target);

    /// <summary>The whole index.</summary>
    /// <exception cref="IOException">The host cannot read.</exception>
    internal IndexEntry[] ReadIndex() => ReadEntries(0, new IndexEntry[Count]).ToArray();

    /// <summary>Writes a file of records, which <paramref name="records"/> yields one after the other.</summary>
    /// <exception cref="IOException">The host cannot write.</exception>
    internal static void Write(string path, UInt128 engine, IEnumerable<(ulong Hash, ReadOnlyMemory<byte> Bytes)> records)
    {
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 18);
        file.Write(new byte[sizeof(Head)]);
        List<IndexEntry> index = [];
        foreach ((ulong hash, ReadOnlyMemory<byte> bytes) in records)
        {
            index.Add(new IndexEntry(hash, (uint)(file.Position / IndexEntry.UnitSize), bytes.Length));
            file.Write(bytes.Span);
        }

        index.Sort();
        Head head = new() { Magic = Magic, Engine = engine, IndexOffset = file.Position, Count = index.Count };
        ulong[] fences = [.. index.Where(static (_, number) => number % GroupSize == 0).Select(static entry => entry.Hash)];
        head.FenceHash = XxHash3.HashToUInt64(MemoryMarshal.AsBytes(fences.AsSpan()));
        file.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(index)));
        file.Write(MemoryMarshal.AsBytes(fences.AsSpan()));
        file.Position = 0;
        file.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<Head>(in head)));
    }

    public void Dispose() => Handle.Dispose();

    private ReadOnlySpan<IndexEntry> ReadEntries(long first, Span<IndexEntry> target)
    {
        Span<IndexEntry> wanted = target[..(int)Math.Min(target.Length, Count - first)];
        int read = RandomAccess.Read(Handle, MemoryMarshal.AsBytes(wanted), _head.IndexOffset + (first * sizeof(IndexEntry)));
        return wanted[..(read / sizeof(IndexEntry))];
    }

    private static bool TryReadFences(SafeFileHandle handle, UInt128 engine, out Head head, [NotNullWhen(true)] out ulong[]? fences)
    {
        fences = null;
        head = default;
        if (RandomAccess.Read(handle, MemoryMarshal.AsBytes(new Span<Head>(ref head)), 0) != sizeof(Head)
            || head.Magic != Magic || head.Engine != engine || head.Count is < 0 or > MostEntries)
        {
            return false;
        }

        fences = new ulong[(head.Count + GroupSize - 1) / GroupSize];
        Span<byte> bytes = MemoryMarshal.AsBytes(fences.AsSpan());
        return RandomAccess.Read(handle, bytes, head.IndexOffset + (head.Count * sizeof(IndexEntry))) == bytes.Length
            && XxHash3.HashToUInt64(bytes) == head.FenceHash;
    }

    /// <summary>As long as <see cref="IndexEntry.UnitSize"/> wants it: records begin behind it.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 8, Size = 64)]
    private struct Head
    {
        internal UInt128 Engine;
        internal ulong Magic;
        internal ulong FenceHash;
        internal long IndexOffset;
        internal long Count;
    }
}
