// SPDX-License-Identifier: MIT
using Microsoft.Win32.SafeHandles;

namespace Domovoi.Cpu.CodeStore;

/// <summary>Reads records of one file, some ahead: what was translated one after the other is wanted so again.</summary>
internal sealed class RecordReader(SafeFileHandle file)
{
    private const int Window = 16 * 1024;

    private byte[] _bytes = [];
    private long _offset;
    private int _length;

    /// <summary>The bytes of a record, valid until the next call; fewer where the file ends before.</summary>
    /// <exception cref="IOException">The host cannot read.</exception>
    internal ReadOnlyMemory<byte> Read(long offset, int length)
    {
        if (offset < _offset || offset + length > _offset + _length)
        {
            _bytes = _bytes.Length < length + Window ? new byte[length + Window] : _bytes;
            _length = 0;                                    // what the host cannot read leaves nothing behind
            _offset = offset;
            _length = RandomAccess.Read(file, _bytes, offset);
        }

        int start = (int)(offset - _offset);
        return _bytes.AsMemory(start, Math.Max(0, Math.Min(length, _length - start)));
    }
}
