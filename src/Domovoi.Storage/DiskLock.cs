// SPDX-License-Identifier: MIT
using Domovoi.Linux;

namespace Domovoi.Storage;

/// <summary>What keeps two domains from one disk: a lock on the image itself, visible to every process of the host.</summary>
internal static class DiskLock
{
    /// <summary>For raw images: also keeps out QEMU's tools, which lock single bytes from 100 on.</summary>
    internal const long WholeFile = 0;

    /// <summary>For images that qemu-nbd opens, and locks in its own way: one byte far behind any end, for us alone.</summary>
    internal const long OurByte = 1L << 62;

    /// <exception cref="DiskException">Another process has the image.</exception>
    internal static void Take(ImageFile file, string path, bool readOnly, long start)
    {
        try
        {
            if (!file.TryLock(exclusive: !readOnly, start, length: 0))
            {
                throw new DiskException(
                    "disk-in-use",
                    $"{path} is in use: another domain or program has it open {(readOnly ? "for writing" : "")}".TrimEnd(),
                    readOnly
                        ? "shut that one down, or write access=w! if the guests share the disk knowingly"
                        : "shut that one down, or write access=r or w! if the guests share the disk knowingly");
            }
        }
        catch (LinuxException e) when (RawDisk.HasNoLocks(e.Errno))
        {
            throw new DiskException(
                "disk-no-locks",
                $"{path} lies on a file system without locks, so nothing would keep two domains from writing it",
                "write access=w! if you see to that yourself");
        }
    }
}
