// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Domovoi.Cpu.CodeStore;

/// <summary>A finished file of stored blocks, which nobody changes any more.</summary>
/// <remarks>A head, the records, the index. What does not have the form, or is of another engine, counts as not there.</remarks>
internal sealed unsafe class StoreFile : IDisposable
{
    private const ulong Magic = 0x3130_4B4C_4256_4D44;      // "DMVBLK01"
    private const int MostEntries = 1 << 24;

    private readonly IndexEntry[] _index;

    private StoreFile(SafeFileHandle handle, IndexEntry[] index) => (Handle, _index) = (handle, index);

    internal SafeFileHandle Handle { get; }

    internal ReadOnlySpan<IndexEntry> Index => _index;

    internal static StoreFile? TryOpen(string path, UInt128 engine)
    {
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path);
            if (TryReadIndex(handle, engine, out IndexEntry[]? index))
            {
                return new StoreFile(handle, index);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
        }

        handle?.Dispose();
        return null;
    }

    internal bool TryFind(ulong hash, out IndexEntry entry)
    {
        int at = _index.AsSpan().BinarySearch(new IndexEntry(hash, 0, 0));
        entry = at < 0 ? default : _index[at];
        return at >= 0;
    }

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
        ReadOnlySpan<byte> entries = MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(index));
        head.IndexHash = XxHash3.HashToUInt64(entries);
        file.Write(entries);
        file.Position = 0;
        file.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<Head>(in head)));
    }

    public void Dispose() => Handle.Dispose();

    private static bool TryReadIndex(SafeFileHandle handle, UInt128 engine, [NotNullWhen(true)] out IndexEntry[]? index)
    {
        index = null;
        Head head = default;
        if (RandomAccess.Read(handle, MemoryMarshal.AsBytes(new Span<Head>(ref head)), 0) != sizeof(Head)
            || head.Magic != Magic || head.Engine != engine || head.Count is < 0 or > MostEntries)
        {
            return false;
        }

        index = new IndexEntry[head.Count];
        Span<byte> bytes = MemoryMarshal.AsBytes(index.AsSpan());
        return RandomAccess.Read(handle, bytes, head.IndexOffset) == bytes.Length && XxHash3.HashToUInt64(bytes) == head.IndexHash;
    }

    /// <summary>As long as <see cref="IndexEntry.UnitSize"/> wants it: records begin behind it.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 8, Size = 64)]
    private struct Head
    {
        internal UInt128 Engine;
        internal ulong Magic;
        internal ulong IndexHash;
        internal long IndexOffset;
        internal long Count;
    }
}
