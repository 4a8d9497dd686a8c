// SPDX-License-Identifier: MIT
namespace Domovoi.KernelImages.Payloads;

/// <summary>Passes on as many bytes as the payload announced, and refuses more: a decompression bomb stops here.</summary>
internal sealed class BoundedOutput(Stream target, long limit) : Stream
{
    internal long Written { get; private set; }

    /// <summary>Whether the exception under way comes from the target, not from the decoder.</summary>
    internal bool TargetFailed { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => Written;

    public override long Position
    {
        get => Written;
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (buffer.Length > limit - Written)
        {
            throw KernelImageException.Corrupt(
                $"The kernel's payload unpacks to more than the {limit} bytes it announces.");
        }

        Written += buffer.Length;
        TargetFailed = true;
        target.Write(buffer);
        TargetFailed = false;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => target.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
