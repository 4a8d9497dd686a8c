// SPDX-License-Identifier: MIT
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Domovoi.Cpu.CodeStore;

/// <summary>Translations of guest code, kept in a file from one boot to the next. Any thread.</summary>
/// <remarks>
/// A block is found by the bytes of the page it was made from, and nothing else of the guest: so guests may share a file, and none can put there
/// what harms another. What is new goes to a file without a name, where it is found again when a full code buffer was emptied, and is joined
/// with the old at <see cref="Save"/>. Whatever the disk refuses, a guest runs as well without.
/// </remarks>
public sealed class TranslationStore : IDisposable
{
    private const int PendingSize = 1 << 16;

    /// <summary>Fewer new bytes are not worth writing everything anew.</summary>
    private const int LeastToSave = 1 << 18;

    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly UInt128 _engine;
    private readonly long _capacity;
    private readonly StoreFile? _old;
    private readonly Dictionary<ulong, IndexEntry> _new = [];
    private readonly byte[] _pending = new byte[PendingSize];
    private SafeFileHandle? _journal;
    private long _written;
    private int _pendingLength;
    private bool _isBroken;

    /// <summary>Opens a store.</summary>
    /// <param name="path">The file; it and its directory come into being with the first <see cref="Save"/>.</param>
    /// <param name="engine">Names the build of the translator: another's blocks are not used.</param>
    /// <param name="capacity">Most bytes in the file.</param>
    public TranslationStore(string path, string engine, long capacity = 256L << 20)
    {
        _path = path;
        _capacity = capacity;
        _engine = XxHash128.HashToUInt128(Encoding.UTF8.GetBytes($"{engine}\n{HostProcessor.Describe()}"));
        _old = StoreFile.TryOpen(path, _engine);
    }

    /// <summary>Blocks in the file that was opened.</summary>
    public int BlocksBefore => _old?.Count ?? 0;

    /// <summary>Blocks added since.</summary>
    public int BlocksAdded
    {
        get
        {
            lock (_lock)
            {
                return _new.Count;
            }
        }
    }

    /// <summary>Writes the file anew if enough was added.</summary>
    /// <returns>Whether it was written.</returns>
    public bool Save()
    {
        lock (_lock)
        {
            if (_isBroken || _written + _pendingLength < LeastToSave)
            {
                return false;
            }

            string directory = Path.GetDirectoryName(_path)!;
            string temporary = Path.Combine(directory, Path.GetRandomFileName() + StoreDirectory.TemporarySuffix);
            try
            {
                StoreDirectory.Create(directory);
                StoreFile.Write(temporary, _engine, Records());
                File.Move(temporary, _path, overwrite: true);
                StoreDirectory.Trim(directory, _path);
                return true;
            }
            catch (Exception exception) when (IsDisk(exception))
            {
                StoreDirectory.TryDelete(temporary);
                return false;
            }
        }
    }

    public void Dispose()
    {
        _old?.Dispose();
        _journal?.Dispose();
    }

    /// <summary>A reader for one thread; <see cref="Reader.TryRead"/> finds old and new blocks.</summary>
    internal Reader NewReader() => new(this);

    /// <summary>Adds a block, unless there is one or no room is left.</summary>
    internal void Add(in StoredBlock.RecordHead head, ReadOnlySpan<uint> relocations, ReadOnlySpan<uint> sites, ReadOnlySpan<byte> code)
    {
        int length = StoredBlock.LengthOf(head);
        ulong hash = head.Key.Hash;
        lock (_lock)
        {
            if (_isBroken || length > PendingSize || _written + _pendingLength + length > _capacity || _new.ContainsKey(hash))
            {
                return;
            }

            if (_pendingLength + length > PendingSize)
            {
                Flush();
            }

            StoredBlock.Write(head, relocations, sites, code, _pending.AsSpan(_pendingLength, length));
            _new[hash] = new IndexEntry(hash, (uint)((_written + _pendingLength) / IndexEntry.UnitSize), length);
            _pendingLength += length;
        }
    }

    private static bool IsDisk(Exception exception) => exception is IOException or UnauthorizedAccessException;

    private void Flush()
    {
        try
        {
            _journal ??= OpenJournal();
            RandomAccess.Write(_journal, _pending.AsSpan(0, _pendingLength), _written);
            _written += _pendingLength;
        }
        catch (Exception exception) when (IsDisk(exception))
        {
            _isBroken = true;
            _new.Clear();
        }

        _pendingLength = 0;
    }

    /// <summary>A file without a name: nothing of it stays, however the process ends.</summary>
    private SafeFileHandle OpenJournal()
    {
        string directory = Path.GetDirectoryName(_path)!;
        StoreDirectory.Create(directory);
        string name = Path.Combine(directory, Path.GetRandomFileName() + StoreDirectory.TemporarySuffix);
        SafeFileHandle journal = File.OpenHandle(name, FileMode.CreateNew, FileAccess.ReadWrite);
        File.Delete(name);
        return journal;
    }

    /// <summary>The new records and as many of the old as there is room for, in the order in which they were made.</summary>
    private IEnumerable<(ulong Hash, ReadOnlyMemory<byte> Bytes)> Records()
    {
        Flush();
        long room = _capacity - _written;
        foreach ((ulong hash, ReadOnlyMemory<byte> bytes) in RecordsOf(_old?.Handle, _old?.ReadIndex() ?? []))
        {
            room -= bytes.Length;
            if (room >= 0 && !_new.ContainsKey(hash))
            {
                yield return (hash, bytes);
            }
        }

        foreach ((ulong, ReadOnlyMemory<byte>) record in RecordsOf(_journal, [.. _new.Values]))
        {
            yield return record;
        }
    }

    private static IEnumerable<(ulong Hash, ReadOnlyMemory<byte> Bytes)> RecordsOf(SafeFileHandle? file, IndexEntry[] entries)
    {
        if (file is null)
        {
            yield break;
        }

        RecordReader reader = new(file);
        Array.Sort(entries, static (a, b) => a.Unit.CompareTo(b.Unit));
        foreach (IndexEntry entry in entries)
        {
            ReadOnlyMemory<byte> bytes = reader.Read(entry.Offset, entry.Length);
            if (bytes.Length == entry.Length)
            {
                yield return (entry.Hash, bytes);
            }
        }
    }

    /// <summary>Finds blocks for one thread.</summary>
    internal sealed class Reader(TranslationStore store)
    {
        private readonly RecordReader? _old = store._old is { } file ? new RecordReader(file.Handle) : null;
        private readonly byte[] _copy = new byte[PendingSize];
        private readonly IndexEntry[] _entries = new IndexEntry[StoreFile.GroupSize];
        private int _group = -1;
        private int _groupLength;
        private RecordReader? _journal;

        /// <summary>The block for a key, valid until the next call.</summary>
        internal bool TryRead(BlockKey key, out StoredBlock block)
        {
            block = default;
            try
            {
                return (_old is not null && TryFindOld(key.Hash, out IndexEntry entry)
                        && StoredBlock.TryParse(_old.Read(entry.Offset, entry.Length).Span, key, out block))
                    || (TryReadNew(key.Hash, out ReadOnlySpan<byte> bytes) && StoredBlock.TryParse(bytes, key, out block));
            }
            catch (IOException)
            {
                return false;
            }
        }

        private bool TryFindOld(ulong hash, out IndexEntry entry)
        {
            entry = default;
            int group = store._old!.GroupOf(hash);
            if (group != _group)
            {
                _groupLength = group < 0 ? 0 : store._old.ReadGroup(group, _entries).Length;
                _group = group;
            }

            int at = _entries.AsSpan(0, _groupLength).BinarySearch(new IndexEntry(hash, 0, 0));
            entry = at < 0 ? default : _entries[at];
            return at >= 0;
        }

        private bool TryReadNew(ulong hash, out ReadOnlySpan<byte> bytes)
        {
            bytes = default;
            IndexEntry entry;
            lock (store._lock)
            {
                if (!store._new.TryGetValue(hash, out entry))
                {
                    return false;
                }

                if (entry.Offset >= store._written)
                {
                    store._pending.AsSpan((int)(entry.Offset - store._written), entry.Length).CopyTo(_copy);
                    bytes = _copy.AsSpan(0, entry.Length);
                    return true;
                }

                _journal ??= new RecordReader(store._journal!);
            }

            bytes = _journal.Read(entry.Offset, entry.Length).Span;
            return true;
        }
    }
}
