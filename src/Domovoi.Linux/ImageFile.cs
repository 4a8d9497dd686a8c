// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Domovoi.Linux;

/// <summary>How <see cref="ImageFile.Open"/> opens.</summary>
[Flags]
public enum ImageAccess
{
    ReadOnly = 0,
    ReadWrite = 1,

    /// <summary><c>O_DIRECT</c>: past the host's page cache.</summary>
    Direct = 2,

    /// <summary><c>O_EXCL</c>: a block device that the host has mounted is refused with EBUSY.</summary>
    NotMounted = 4,
}

/// <summary>A file or block device that holds a disk: open(2), preadv(2), pwritev(2), fdatasync(2), fallocate(2), fcntl(2) locks.</summary>
/// <remarks>Thread safe. What a guest asks for returns an errno, 0 for success, because a full disk is nothing exceptional.</remarks>
public sealed unsafe partial class ImageFile : IDisposable
{
    private const int O_RDWR = 2;
    private const int O_EXCL = 0x80;
    private const int O_DIRECT = 0x4000;
    private const int O_CLOEXEC = 0x80000;
    private const int SEEK_END = 2;
    private const int EINTR = 4;
    private const int EIO = 5;
    private const int EACCES = 13;
    private const int EAGAIN = 11;
    private const int ENOSPC = 28;
    private const int EOPNOTSUPP = 95;
    private const int IOV_MAX = 1024;
    private const int RWF_NOWAIT = 8;
    private const int FALLOC_FL_KEEP_SIZE = 1;
    private const int FALLOC_FL_PUNCH_HOLE = 2;
    private const int F_OFD_SETLK = 37;
    private const short F_RDLCK = 0;
    private const short F_WRLCK = 1;
    private const nuint BLKDISCARD = 0x1277;
    private const nuint BLKSSZGET = 0x1268;
    private const nuint BLKGETSIZE64 = 0x80081272;
    private const int DefaultSector = 512;

    private readonly SafeFileHandle _file;

    private ImageFile(SafeFileHandle file)
    {
        _file = file;
        ulong bytes = 0;
        IsBlockDevice = ioctl(file, BLKGETSIZE64, &bytes) == 0;
        int sector = DefaultSector;
        SectorSize = IsBlockDevice && ioctl(file, BLKSSZGET, &sector) == 0 ? sector : DefaultSector;
    }

    public bool IsBlockDevice { get; }

    /// <summary>The unit in which a block device must be read and written; 512 for a file.</summary>
    public int SectorSize { get; }

    /// <summary>Bytes it has now; a file may grow while it is open.</summary>
    public long Length => lseek(_file, 0, SEEK_END) is >= 0 and var length ? length : throw LinuxException.FromLastError(nameof(lseek));

    /// <exception cref="LinuxException">It cannot be opened.</exception>
    public static ImageFile Open(string path, ImageAccess access)
    {
        int flags = O_CLOEXEC
            | (access.HasFlag(ImageAccess.ReadWrite) ? O_RDWR : 0)
            | (access.HasFlag(ImageAccess.Direct) ? O_DIRECT : 0)
            | (access.HasFlag(ImageAccess.NotMounted) ? O_EXCL : 0);
        int descriptor = open(path, flags);
        return descriptor >= 0
            ? new ImageFile(new SafeFileHandle(descriptor, ownsHandle: true))
            : throw LinuxException.FromLastError(nameof(open));
    }

    /// <summary>Takes an open-file-description lock, which goes with this object or its process; false when another has it.</summary>
    /// <param name="exclusive">For one writer; else for any number of readers.</param>
    /// <param name="start">The first byte locked.</param>
    /// <param name="length">How many; 0 for all that follow.</param>
    public bool TryLock(bool exclusive, long start, long length)
    {
        FileRange range = new() { Type = exclusive ? F_WRLCK : F_RDLCK, Start = start, Length = length };
        return fcntl(_file, F_OFD_SETLK, &range) == 0
            || (Marshal.GetLastPInvokeError() is var error && error is not (EAGAIN or EACCES)
                ? throw new LinuxException(nameof(fcntl), error)
                : false);
    }

    /// <summary>Fills the vectors from the image; what lies behind its end is an error.</summary>
    public int Read(long offset, ReadOnlySpan<IoVector> vectors) => Transfer(offset, vectors, write: false);

    /// <summary>Writes the vectors to the image.</summary>
    public int Write(long offset, ReadOnlySpan<IoVector> vectors) => Transfer(offset, vectors, write: true);

    /// <summary>As <see cref="Read"/> with <c>RWF_NOWAIT</c>: EAGAIN where that would wait for a device, EOPNOTSUPP where Linux cannot tell.</summary>
    public int ReadNow(long offset, ReadOnlySpan<IoVector> vectors) => TransferNow(offset, vectors, write: false);

    /// <summary>As <see cref="Write"/> with <c>RWF_NOWAIT</c>; after EAGAIN any part of it may be written.</summary>
    public int WriteNow(long offset, ReadOnlySpan<IoVector> vectors) => TransferNow(offset, vectors, write: true);

    /// <summary>Returns once what was written is on the device, as far as the host can tell.</summary>
    public int Flush() => fdatasync(_file) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Gives the room of a range back; EOPNOTSUPP where the file system or device cannot.</summary>
    public int Discard(long offset, long length)
    {
        int result;
        if (IsBlockDevice)
        {
            ulong* range = stackalloc ulong[] { (ulong)offset, (ulong)length };
            result = ioctl(_file, BLKDISCARD, range);
        }
        else
        {
            result = fallocate(_file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
        }

        return result == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    public void Dispose() => _file.Dispose();

    private int TransferNow(long offset, ReadOnlySpan<IoVector> vectors, bool write)
    {
        if (vectors.Length > IOV_MAX)
        {
            return EAGAIN;
        }

        long expected = 0;
        foreach (IoVector vector in vectors)
        {
            expected += vector.Length;
        }

        nint moved;
        fixed (IoVector* first = vectors)
        {
            // SAFETY: the vectors' memory outlives the call, as who made them promises.
            moved = write
                ? pwritev2(_file, first, vectors.Length, offset, RWF_NOWAIT)
                : preadv2(_file, first, vectors.Length, offset, RWF_NOWAIT);
        }

        return moved == expected ? 0 : moved >= 0 ? EAGAIN : Marshal.GetLastPInvokeError();
    }

    /// <summary>Goes on after short transfers, which happen at limits and after signals.</summary>
    private int Transfer(long offset, ReadOnlySpan<IoVector> vectors, bool write)
    {
        Span<IoVector> left = stackalloc IoVector[Math.Min(vectors.Length, IOV_MAX)];
        long done = 0;                                      // of the first vector that is left
        while (!vectors.IsEmpty)
        {
            int count = Math.Min(vectors.Length, IOV_MAX);
            vectors[..count].CopyTo(left);
            left[0] = new IoVector(left[0].Address + (nint)done, left[0].Length - (nint)done);
            nint moved;
            fixed (IoVector* first = left)
            {
                // SAFETY: the vectors' memory outlives the call, as who made them promises.
                moved = write ? pwritev(_file, first, count, offset) : preadv(_file, first, count, offset);
            }

            if (moved <= 0)
            {
                int error = moved == 0 ? (write ? ENOSPC : EIO) : Marshal.GetLastPInvokeError();
                if (error != EINTR)
                {
                    return error;
                }

                continue;
            }

            offset += moved;
            done += moved;
            while (!vectors.IsEmpty && done >= vectors[0].Length)
            {
                done -= vectors[0].Length;
                vectors = vectors[1..];
            }
        }

        return 0;
    }

    /// <summary>Whether an error means that the host has no such operation for this file.</summary>
    public static bool IsUnsupported(int error) => error == EOPNOTSUPP;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(SafeFileHandle fd, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint preadv(SafeFileHandle fd, IoVector* vectors, int count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwritev(SafeFileHandle fd, IoVector* vectors, int count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint preadv2(SafeFileHandle fd, IoVector* vectors, int count, long offset, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwritev2(SafeFileHandle fd, IoVector* vectors, int count, long offset, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(SafeFileHandle fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(SafeFileHandle fd, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle fd, nuint request, void* argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(SafeFileHandle fd, int command, FileRange* range);

    /// <summary><c>struct flock</c></summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FileRange
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int Process;
    }
}
