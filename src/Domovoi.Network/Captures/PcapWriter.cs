// SPDX-License-Identifier: MIT
using System.Buffers.Binary;

namespace Domovoi.Network.Captures;

/// <summary>Writes frames in the format of libpcap (pcap-savefile(5)), with times in nanoseconds. Thread safe.</summary>
public sealed class PcapWriter : IDisposable
{
    private const uint NanosecondMagic = 0xA1B2_3C4D;
    private const int HeaderSize = 24;
    private const int RecordSize = 16;
    private const uint Ethernet = 1;
    private const long NanosecondsPerTick = 100;

    private readonly Lock _gate = new();                    // guards all below
    private readonly Stream _output;
    private readonly TimeProvider _time;
    private readonly int _snapLength;
    private bool _isClosed;

    /// <param name="output">Gets the file's header now; owned.</param>
    /// <param name="time">Of the records.</param>
    /// <param name="snapLength">Bytes kept of each frame.</param>
    public PcapWriter(Stream output, TimeProvider time, int snapLength)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = output;
        _time = time;
        _snapLength = snapLength;
        Span<byte> header = stackalloc byte[HeaderSize];
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, NanosecondMagic);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 4);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], snapLength);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], Ethernet);
        output.Write(header);
        output.Flush();
    }

    /// <summary>Adds a frame.</summary>
    /// <returns>false when it cannot be written, or the writer is closed: nothing more will be.</returns>
    public bool TryWrite(ReadOnlySpan<byte> frame)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return false;
            }

            try
            {
                int kept = Math.Min(frame.Length, _snapLength);
                long ticks = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks;
                Span<byte> record = stackalloc byte[RecordSize];
                BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)(ticks / TimeSpan.TicksPerSecond));
                BinaryPrimitives.WriteUInt32LittleEndian(record[4..], (uint)(ticks % TimeSpan.TicksPerSecond * NanosecondsPerTick));
                BinaryPrimitives.WriteInt32LittleEndian(record[8..], kept);
                BinaryPrimitives.WriteInt32LittleEndian(record[12..], frame.Length);
                _output.Write(record);
                _output.Write(frame[..kept]);
                _output.Flush();
                return true;
            }
            catch (IOException)
            {
                CloseLocked();
                return false;
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            CloseLocked();
        }
    }

    private void CloseLocked()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            _output.Dispose();
        }
    }
}
