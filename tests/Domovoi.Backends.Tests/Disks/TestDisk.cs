// SPDX-License-Identifier: MIT
using Domovoi.Linux;
using Domovoi.Storage;

namespace Domovoi.Backends.Disks;

/// <summary>A disk in memory that fails, waits and counts as a test says.</summary>
internal sealed class TestDisk(int sectors) : IDisk
{
    private readonly Lock _gate = new();
    private byte[] _bytes = new byte[sectors * 512];
    private int _underWay;

    public long Length => _bytes.Length;

    public int SectorSize { get; init; } = 512;

    public bool IsReadOnly { get; init; }

    public bool CanDiscard { get; init; } = true;

    internal byte[] Bytes => _bytes;

    /// <summary>What the next operations return; then 0 again.</summary>
    internal Queue<int> Errors { get; } = [];

    internal List<string> Log { get; } = [];

    internal int MostUnderWay { get; private set; }

    /// <summary>Holds every read until it is set.</summary>
    internal ManualResetEventSlim Open { get; } = new(true);

    internal bool IsDisposed { get; private set; }

    /// <summary>As an image that lies in the host's page cache.</summary>
    internal bool AnswersAtOnce { get; init; }

    internal void Grow(int sectors) => Array.Resize(ref _bytes, sectors * 512);

    public int ReadNow(long offset, ReadOnlySpan<IoVector> into) => AnswersAtOnce ? Read(offset, into) : IDisk.WouldWait;

    public int WriteNow(long offset, ReadOnlySpan<IoVector> from) => AnswersAtOnce ? Write(offset, from) : IDisk.WouldWait;

    public int Read(long offset, ReadOnlySpan<IoVector> into)
    {
        lock (_gate)
        {
            MostUnderWay = Math.Max(MostUnderWay, ++_underWay);
        }

        Open.Wait();
        lock (_gate)
        {
            _underWay--;
            int error = Note($"read {offset / 512} {IoVector.Total(into) / 512}");
            foreach (IoVector vector in into)
            {
                _bytes.AsSpan((int)offset, vector.Bytes.Length).CopyTo(vector.Bytes);
                offset += vector.Bytes.Length;
            }

            return error;
        }
    }

    public int Write(long offset, ReadOnlySpan<IoVector> from)
    {
        lock (_gate)
        {
            if (Note($"write {offset / 512} {IoVector.Total(from) / 512}") is > 0 and var error)
            {
                return error;
            }

            foreach (IoVector vector in from)
            {
                vector.Bytes.CopyTo(_bytes.AsSpan((int)offset));
                offset += vector.Bytes.Length;
            }

            return 0;
        }
    }

    public int Flush()
    {
        lock (_gate)
        {
            return Note("flush");
        }
    }

    public int Discard(long offset, long length)
    {
        lock (_gate)
        {
            return Note($"discard {offset / 512} {length / 512}");
        }
    }

    public void Dispose()
    {
        IsDisposed = true;
        Open.Set();
    }

    private int Note(string what)
    {
        Log.Add(what);
        return Errors.TryDequeue(out int error) ? error : 0;
    }
}
