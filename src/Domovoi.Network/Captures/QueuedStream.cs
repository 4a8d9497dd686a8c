// SPDX-License-Identifier: MIT
namespace Domovoi.Network.Captures;

/// <summary>A stream to somebody who may be slow: what is written waits in a bounded queue for a thread, and is lost whole above the bound.</summary>
/// <remarks>A write after the other side has gone throws <see cref="IOException"/>. Written to by one thread at a time.</remarks>
public sealed class QueuedStream : Stream
{
    private const int MostBytes = 8 << 20;
    private const int StackSize = 256 * 1024;

    private readonly Stream _target;
    private readonly object _gate = new();                  // a monitor: guards all below, the thread waits on it
    private readonly Queue<byte[]> _chunks = new();
    private readonly MemoryStream _record = new();          // the record being written; owned by the writer
    private int _bytes;
    private bool _isClosed;

    /// <param name="target">Owned.</param>
    public QueuedStream(Stream target)
    {
        _target = target;
        new Thread(Run, StackSize) { Name = "capture", IsBackground = true }.Start();
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer) => _record.Write(buffer);

    /// <summary>Hands over what was written since the last flush, in one piece or not at all.</summary>
    public override void Flush()
    {
        byte[] chunk = _record.ToArray();
        _record.SetLength(0);
        lock (_gate)
        {
            if (_isClosed)
            {
                throw new IOException("Nobody listens any more.");
            }

            if (_bytes + chunk.Length <= MostBytes)
            {
                _bytes += chunk.Length;
                _chunks.Enqueue(chunk);
                Monitor.Pulse(_gate);
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        Close(andWake: true);
        base.Dispose(disposing);
    }

    private void Run()
    {
        while (TryTake(out byte[] chunk))
        {
            try
            {
                _target.Write(chunk);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                Close(andWake: false);
            }
        }

        _target.Dispose();
    }

    private bool TryTake(out byte[] chunk)
    {
        lock (_gate)
        {
            while (_chunks.Count == 0 && !_isClosed)
            {
                Monitor.Wait(_gate);
            }

            chunk = _chunks.Count > 0 ? _chunks.Dequeue() : [];
            _bytes -= chunk.Length;
            return chunk.Length > 0;
        }
    }

    private void Close(bool andWake)
    {
        lock (_gate)
        {
            _isClosed = true;
            if (andWake)
            {
                Monitor.Pulse(_gate);
            }
            else
            {
                _chunks.Clear();
            }
        }
    }
}
