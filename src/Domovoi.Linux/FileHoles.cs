// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Domovoi.Linux;

/// <summary>lseek(2): where a sparse file has contents, and where it ends. Moves the file's position, which readers by offset ignore.</summary>
public static partial class FileHoles
{
    private const int SEEK_END = 2;
    private const int SEEK_DATA = 3;
    private const int ENXIO = 6;

    /// <summary>The first byte of contents from <paramref name="offset"/> on; <see cref="long.MaxValue"/> when only a hole is left.</summary>
    /// <remarks>A file system that knows no holes has contents everywhere.</remarks>
    public static long NextData(SafeFileHandle file, long offset)
    {
        long found = lseek(file, offset, SEEK_DATA);
        return found >= 0 ? found : Marshal.GetLastPInvokeError() == ENXIO ? long.MaxValue : offset;
    }

    /// <summary>Bytes; of a block device too, whose length stat(2) gives as zero.</summary>
    public static long End(SafeFileHandle file)
    {
        long end = lseek(file, 0, SEEK_END);
        return end >= 0 ? end : throw LinuxException.FromLastError(nameof(lseek));
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(SafeFileHandle fd, long offset, int whence);
}
