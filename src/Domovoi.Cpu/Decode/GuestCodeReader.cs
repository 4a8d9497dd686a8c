// SPDX-License-Identifier: MIT
using Iced.Intel;

namespace Domovoi.Cpu.Decode;

/// <summary>Feeds the decoder a copy of guest code bytes. The guest may change the original while it is read.</summary>
internal sealed class GuestCodeReader : CodeReader
{
    private readonly byte[] _bytes = new byte[2 * 4096];
    private int _length;

    /// <summary>Bytes consumed so far.</summary>
    internal int Position { get; set; }

    /// <summary>Starts over with a copy of <paramref name="first"/> and, behind it, <paramref name="second"/>.</summary>
    internal void Load(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        first.CopyTo(_bytes);
        second.CopyTo(_bytes.AsSpan(first.Length));
        _length = first.Length + second.Length;
        Position = 0;
    }

    public override int ReadByte() => Position < _length ? _bytes[Position++] : -1;
}
