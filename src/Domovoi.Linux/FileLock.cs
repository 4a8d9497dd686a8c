// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Domovoi.Linux;

/// <summary>flock(2) that waits. It excludes, and is excluded by, .NET's file sharing modes, which are made of the same call.</summary>
public sealed partial class FileLock : IDisposable
{
    private const int LOCK_SH = 1;
    private const int LOCK_EX = 2;
    private const int LOCK_NB = 4;
    private const int O_RDONLY = 0;
    private const int O_RDWR = 2;
    private const int O_CREAT = 0x40;
    private const int O_CLOEXEC = 0x80000;
    private const uint OwnerOnly = 0x180;
    private const int ENOENT = 2;
    private const int EINTR = 4;
    private const int EWOULDBLOCK = 11;

    private readonly SafeFileHandle _file;

    private FileLock(SafeFileHandle file) => _file = file;

    /// <summary>Takes the lock, and waits for it as long as another process has it; the file is made if it is missing.</summary>
    /// <param name="path">Of the lock.</param>
    /// <param name="onWait">Called once if it has to wait.</param>
    public static FileLock Take(string path, Action? onWait = null)
    {
        SafeFileHandle file = Open(path, O_RDWR | O_CREAT);
        if (!TryLock(file, LOCK_EX | LOCK_NB))
        {
            onWait?.Invoke();
            TryLock(file, LOCK_EX);
        }

        return new FileLock(file);
    }

    /// <summary>Returns when nobody has the lock alone, or the file is not there.</summary>
    public static void WaitUntilFree(string path)
    {
        try
        {
            using SafeFileHandle file = Open(path, O_RDONLY);
            TryLock(file, LOCK_SH);
        }
        catch (LinuxException e) when (e.Errno == ENOENT)
        {
            // Removed with everything around it.
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>open(2) itself, because .NET's takes the lock in passing, and refuses if it cannot.</summary>
    private static SafeFileHandle Open(string path, int flags)
    {
        int descriptor = open(path, flags | O_CLOEXEC, OwnerOnly);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw LinuxException.FromLastError(nameof(open));
    }

    private static bool TryLock(SafeFileHandle file, int operation)
    {
        while (flock((int)file.DangerousGetHandle(), operation) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error == EWOULDBLOCK)
            {
                return false;
            }

            if (error != EINTR)
            {
                throw new LinuxException(nameof(flock), error);
            }
        }

        return true;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(int fd, int operation);
}
