// SPDX-License-Identifier: MIT
using Domovoi.Linux;

namespace Domovoi.Storage;

/// <summary>A raw image: a file, sparse or not, or a block device of the host.</summary>
/// <remarks>
/// Locked for as long as it is open, so that two domains never write one disk: one writer, or any number of readers. QEMU's tools
/// lock bytes of the same file and are kept out too. The kernel gives the lock up when the process dies, however it dies.
/// </remarks>
public sealed class RawDisk : IDisk
{
    private const int ENOENT = 2;
    private const int EBUSY = 16;
    private const int EINVAL = 22;
    private const int EISDIR = 21;
    private const int EOPNOTSUPP = 95;
    private const int ENOLCK = 37;

    private readonly ImageFile _file;

    private RawDisk(ImageFile file, bool readOnly, bool discard)
    {
        _file = file;
        IsReadOnly = readOnly;
        CanDiscard = discard && !readOnly;
    }

    public long Length => _file.Length;

    public int SectorSize => _file.SectorSize;

    public bool IsReadOnly { get; }

    public bool CanDiscard { get; }

    /// <summary>Opens and locks an image.</summary>
    /// <exception cref="DiskException">It is not there, not allowed, or in use.</exception>
    public static RawDisk Open(string path, DiskOptions options)
    {
        ImageFile file = OpenFile(path, options);
        try
        {
            if (!options.Shared)
            {
                DiskLock.Take(file, path, options.ReadOnly, DiskLock.WholeFile);
            }

            if (file.Length < file.SectorSize)
            {
                throw new DiskException(
                    "disk-empty",
                    $"{path} is {file.Length} bytes long; a disk has at least one sector of {file.SectorSize}",
                    $"`truncate -s 10G {path}` makes a sparse one");
            }

            return new RawDisk(file, options.ReadOnly, options.Discard);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public int Read(long offset, ReadOnlySpan<IoVector> into) => _file.Read(offset, into);

    public int Write(long offset, ReadOnlySpan<IoVector> from) => _file.Write(offset, from);

    public int Flush() => _file.Flush();

    public int Discard(long offset, long length) => _file.Discard(offset, length);

    public void Dispose() => _file.Dispose();

    internal static ImageFile OpenFile(string path, DiskOptions options)
    {
        ImageAccess access = options.ReadOnly ? ImageAccess.ReadOnly : ImageAccess.ReadWrite;
        access |= !options.ReadOnly && !options.Shared && path.StartsWith("/dev/", StringComparison.Ordinal) ? ImageAccess.NotMounted : 0;
        try
        {
            if (options.Direct)
            {
                try
                {
                    return ImageFile.Open(path, access | ImageAccess.Direct);
                }
                catch (LinuxException e) when (e.Errno == EINVAL)
                {
                    // A file system without O_DIRECT, tmpfs for one: the page cache serves it, as on Xen.
                }
            }

            return ImageFile.Open(path, access);
        }
        catch (LinuxException e)
        {
            throw Explain(path, options, e);
        }
    }

    private static DiskException Explain(string path, DiskOptions options, LinuxException e) => e.Errno switch
    {
        ENOENT => new DiskException("disk-missing", $"{path}: there is no such disk image", $"`truncate -s 10G {path}` makes an empty one"),
        EISDIR => new DiskException("disk-directory", $"{path} is a directory, not a disk image"),
        EBUSY => new DiskException(
            "disk-in-use", $"{path} is mounted or used by the host", "unmount it first; a guest that writes beside the host destroys it"),
        _ => new DiskException(
            "disk-unreadable",
            $"{path} cannot be opened for {(options.ReadOnly ? "reading" : "writing")}: {e.Message}",
            options.ReadOnly ? null : "write access=r for a disk the guest only reads"),
    };

    /// <summary>Whether a failure to lock means that the file system has no locks.</summary>
    internal static bool HasNoLocks(int error) => error is ENOLCK or EOPNOTSUPP or EINVAL;
}
