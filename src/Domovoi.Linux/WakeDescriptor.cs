// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Domovoi.Linux;

/// <summary>eventfd(2): lets any thread wake one that waits in <see cref="PollSet"/>. A wake is kept until it is drained.</summary>
public sealed partial class WakeDescriptor : IDisposable
{
    private const int EFD_NONBLOCK = 0x800;
    private const int EFD_CLOEXEC = 0x80000;

    private readonly SafeFileHandle _handle;
    private readonly int _descriptor;
    private int _isSet;

    public WakeDescriptor()
    {
        _descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        _handle = _descriptor >= 0
            ? new SafeFileHandle(_descriptor, ownsHandle: true)
            : throw LinuxException.FromLastError(nameof(eventfd));
    }

    /// <summary>For <see cref="PollSet.Add"/> with <see cref="PollEvents.In"/>.</summary>
    public int Descriptor => _descriptor;

    /// <summary>Any thread; costs a system call only for the first wake since the last drain.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _isSet, 1) == 0)
        {
            ulong one = 1;
            _ = write(_handle, in one, sizeof(ulong));
        }
    }

    /// <summary>Takes the wake, before looking for work. The waiting thread only.</summary>
    /// <param name="isReadable">Whether the wait found the descriptor readable: a wake may have set its mark before and written after the last drain.</param>
    public void Drain(bool isReadable)
    {
        if (isReadable || Volatile.Read(ref _isSet) != 0)
        {
            ulong count = 0;
            _ = read(_handle, ref count, sizeof(ulong));
        }

        Interlocked.Exchange(ref _isSet, 0);                // behind the read, which may take a wake whose mark would stay, and keep all later ones out
    }

    /// <summary>Takes the wake without reading it, for one who is told of arrivals only. May leave one more to be told of.</summary>
    /// <returns>Whether there was one.</returns>
    public bool TryForget() => Interlocked.Exchange(ref _isSet, 0) != 0;

    public void Dispose() => _handle.Dispose();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint initval, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(SafeFileHandle fd, in ulong buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(SafeFileHandle fd, ref ulong buffer, nuint count);
}
