// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Domovoi.Linux;

namespace Domovoi.Storage;

/// <summary>Bytes that stay where they are, aligned as O_DIRECT wants them.</summary>
internal sealed unsafe class Pinned : IDisposable
{
    private readonly byte* _start;

    internal Pinned(int length, byte fill = 0)
    {
        Length = length;
        _start = (byte*)NativeMemory.AlignedAlloc((nuint)length, 4096);
        Bytes.Fill(fill);
    }

    internal int Length { get; }

    internal Span<byte> Bytes => new(_start, Length);

    internal IoVector[] Vectors(int pieces = 1) =>
        [.. Enumerable.Range(0, pieces).Select(i => new IoVector((nint)_start + (i * (Length / pieces)), Length / pieces))];

    public void Dispose() => NativeMemory.AlignedFree(_start);
}
