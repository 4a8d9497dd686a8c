// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Linux;

/// <summary>What a mapping may be used for: <c>PROT_*</c> of mmap(2).</summary>
[Flags]
public enum PageProtection
{
    None = 0,
    Read = 1,
    Write = 2,
    Execute = 4,
}

/// <summary>What became of memory that was to be put in a huge page.</summary>
public enum CollapseOutcome
{
    Done,

    /// <summary>There was no huge page, or somebody else was at it.</summary>
    NotNow,

    /// <summary>The host cannot (before Linux 6.1), or forbids it.</summary>
    Never,
}

/// <summary>mmap(2), munmap(2), madvise(2) and memfd_create(2). Nothing above this file sees an errno.</summary>
public static partial class MemoryMapping
{
    private const int MAP_SHARED = 0x01;
    private const int MAP_PRIVATE = 0x02;
    private const int MAP_FIXED = 0x10;
    private const int MAP_ANONYMOUS = 0x20;
    private const int MAP_NORESERVE = 0x4000;
    private const int MREMAP_MAYMOVE = 1;
    private const uint MFD_CLOEXEC = 1;
    private const int MADV_DONTNEED = 4;
    private const int MADV_REMOVE = 9;
    private const int MADV_POPULATE_WRITE = 23;
    private const int MADV_COLLAPSE = 25;
    private const int EINVAL = 22;

    /// <summary>Bytes of a huge page.</summary>
    public const int HugePageSize = 2 << 20;

    /// <summary>Bytes of a page.</summary>
    private const int PageSize = 4096;

    /// <summary>Creates an unnamed file of <paramref name="length"/> bytes that lives in memory only; returns its descriptor.</summary>
    public static int CreateMemoryFile(string name, ulong length)
    {
        int fd = memfd_create(name, MFD_CLOEXEC);
        if (fd < 0)
        {
            throw LinuxException.FromLastError(nameof(memfd_create));
        }

        return ftruncate(fd, checked((long)length)) == 0 ? fd : throw LinuxException.FromLastError(nameof(ftruncate));
    }

    /// <summary>Maps <paramref name="length"/> bytes of a file from <paramref name="offset"/>, shared with whoever else maps it.</summary>
    public static nint MapFile(int fd, ulong offset, nuint length, PageProtection protection) =>
        Checked(mmap(0, length, (int)protection, MAP_SHARED | MAP_NORESERVE, fd, checked((long)offset)));

    /// <summary>Maps <paramref name="length"/> bytes of a file from its beginning, shared, where its huge pages can be the process's, too.</summary>
    public static nint MapFileForHugePages(int fd, nuint length, PageProtection protection)
    {
        nuint room = length + HugePageSize;
        nint reserved = Checked(mmap(0, room, (int)PageProtection.None, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
        nint start = (reserved + HugePageSize - 1) & -HugePageSize;
        if (start > reserved)
        {
            Unmap(reserved, (nuint)(start - reserved));
        }

        nint end = (start + (nint)length + PageSize - 1) & -PageSize;
        Unmap(end, (nuint)(reserved + (nint)room - end));
        return Checked(mmap(start, length, (int)protection, MAP_SHARED | MAP_NORESERVE | MAP_FIXED, fd, 0));
    }

    /// <summary>Maps zeroed private memory; pages take no memory until they are touched.</summary>
    public static nint MapAnonymous(nuint length, PageProtection protection) =>
        Checked(mmap(0, length, (int)protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));

    /// <summary>Maps zeroed memory that <see cref="MapAgain"/> can map a second time; it has no name by which a file could be found.</summary>
    public static nint MapShared(nuint length, PageProtection protection) =>
        Checked(mmap(0, length, (int)protection, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));

    /// <summary>Another mapping of the memory of <see cref="MapShared"/>: mremap(2) with an old size of 0.</summary>
    public static nint MapAgain(nint address, nuint length, PageProtection protection)
    {
        nint again = mremap(address, 0, length, MREMAP_MAYMOVE);
        if (again == -1)
        {
            throw LinuxException.FromLastError(nameof(mremap));
        }

        return mprotect(again, length, (int)protection) == 0 ? again : throw LinuxException.FromLastError(nameof(mprotect));
    }

    /// <summary>Removes a mapping.</summary>
    public static void Unmap(nint address, nuint length)
    {
        if (munmap(address, length) != 0)
        {
            throw LinuxException.FromLastError(nameof(munmap));
        }
    }

    /// <summary>Gives the pages of a shared file mapping back to the host; they read as zero afterwards.</summary>
    public static void Discard(nint address, nuint length)
    {
        if (madvise(address, length, MADV_REMOVE) != 0 && madvise(address, length, MADV_DONTNEED) != 0)
        {
            throw LinuxException.FromLastError(nameof(madvise));
        }
    }

    /// <summary>Takes the pages of a shared file mapping out of this process's tables; their contents stay in the file.</summary>
    public static void Forget(nint address, nuint length) => _ = madvise(address, length, MADV_DONTNEED);

    /// <summary>Gives a range its pages now, in one call instead of a page fault each. A host that cannot (before Linux 5.14) is not an error.</summary>
    public static void Populate(nint address, nuint length) => _ = madvise(address, length, MADV_POPULATE_WRITE);

    /// <summary>Whether the host has given memory to each page of a file's mapped huge page.</summary>
    /// <param name="address">A multiple of <see cref="HugePageSize"/>.</param>
    public static unsafe bool IsWhollyInUse(nint address)
    {
        const int pages = HugePageSize / PageSize;
        byte* inUse = stackalloc byte[pages];
        return mincore(address, HugePageSize, inUse) == 0 && !new ReadOnlySpan<byte>(inUse, pages).ContainsAnyInRange((byte)0, (byte)0);
    }

    /// <summary>Moves what a mapping holds into a huge page, contents and all other mappings of it as they were.</summary>
    /// <param name="address">A multiple of <see cref="HugePageSize"/>.</param>
    public static CollapseOutcome Collapse(nint address) =>
        madvise(address, HugePageSize, MADV_COLLAPSE) == 0 ? CollapseOutcome.Done
        : Marshal.GetLastPInvokeError() == EINVAL ? CollapseOutcome.Never
        : CollapseOutcome.NotNow;

    /// <summary>Closes a descriptor made by <see cref="CreateMemoryFile"/>.</summary>
    public static void CloseFile(int fd) => _ = close(fd);

    private static nint Checked(nint address) =>
        address != -1 ? address : throw LinuxException.FromLastError(nameof(mmap));

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint addr, nuint length, int prot, int flags, int fd, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mremap(nint addr, nuint oldLength, nuint newLength, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mprotect(nint addr, nuint length, int prot);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(nint addr, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int mincore(nint addr, nuint length, byte* vec);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int madvise(nint addr, nuint length, int advice);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int fd, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int fd);
}
