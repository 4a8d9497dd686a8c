// SPDX-License-Identifier: MIT
namespace Domovoi.KernelImages.Caching;

/// <summary>Writes a file in large steps and leaves holes for zeros: a third of an unpacked Linux is its zeroed data.</summary>
internal sealed class SparseOutput(FileStream file) : Stream
{
    private const int Step = 4096;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => file.Length;

    public override long Position
    {
        get => file.Position;
        set => throw new NotSupportedException();
    }

    /// <summary>The seal that follows makes a hole at the end part of the file.</summary>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int zeros = buffer.IndexOfAnyExcept((byte)0);
            zeros = zeros < 0 ? buffer.Length : zeros & -Step;
            file.Position += zeros;
            buffer = buffer[zeros..];

            int used = UsedPrefix(buffer);
            file.Write(buffer[..used]);
            buffer = buffer[used..];
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => file.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static int UsedPrefix(ReadOnlySpan<byte> buffer)
    {
        int used = 0;
        while (used < buffer.Length && buffer[used..Math.Min(used + Step, buffer.Length)].ContainsAnyExcept((byte)0))
        {
            used = Math.Min(used + Step, buffer.Length);
        }

        return used;
    }
}
