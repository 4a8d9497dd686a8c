// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Linux;

/// <summary>read(2) and write(2) on a descriptor somebody else owns, such as standard output.</summary>
/// <remarks>Unlike .NET's console streams it never touches the terminal, and unlike a file stream it shares the file's offset.</remarks>
public sealed partial class DescriptorStream(int descriptor) : Stream
{
    private const int EINTR = 4;
    private const int EAGAIN = 11;
    private const int EPIPE = 32;
    private const short POLLIN = 1;
    private const short POLLOUT = 4;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        while (true)
        {
            nint n = read(descriptor, ref MemoryMarshal.GetReference(buffer), (nuint)buffer.Length);
            if (n >= 0)
            {
                return (int)n;
            }

            RetryOrThrow(nameof(read), POLLIN);
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            nint n = write(descriptor, in MemoryMarshal.GetReference(buffer), (nuint)buffer.Length);
            if (n >= 0)
            {
                buffer = buffer[(int)n..];
            }
            else
            {
                RetryOrThrow(nameof(write), POLLOUT);
            }
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void RetryOrThrow(string call, short events)
    {
        int error = Marshal.GetLastPInvokeError();
        if (error == EAGAIN)
        {
            ulong request = (uint)descriptor | ((ulong)(ushort)events << 32);
            _ = poll(ref request, 1, -1);
        }
        else if (error == EPIPE)
        {
            throw new BrokenPipeException();
        }
        else if (error != EINTR)
        {
            throw new IOException(new LinuxException(call, error).Message);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int fd, ref byte buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int fd, in byte buffer, nuint count);

    [LibraryImport("libc")]
    private static partial int poll(ref ulong descriptors, nuint count, int timeout);
}
