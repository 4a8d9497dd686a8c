// SPDX-License-Identifier: MIT
using System.Diagnostics;
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
    private const int EOPNOTSUPP = 95;
    private const int ENOLCK = 37;

    /// <summary>A write to the page cache that takes longer has waited: the host has too much to write back.</summary>
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(2);

    /// <summary>For so long after one that waited, writes are taken to wait.</summary>
    private static readonly TimeSpan WaitsOn = TimeSpan.FromMilliseconds(200);

    private readonly ImageFile _file;
    private readonly bool _isDirect;
    private volatile bool _cannotTell;                      // this file system has no RWF_NOWAIT for writes
    private long _lastWait = long.MinValue / 2;                             // Stopwatch ticks

    private RawDisk(ImageFile file, bool readOnly, bool discard, bool direct)
    {
        _file = file;
        _isDirect = direct;
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

            return new RawDisk(file, options.ReadOnly, options.Discard, options.Direct);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public int Read(long offset, ReadOnlySpan<IoVector> into) => _file.Read(offset, into);

    public int Write(long offset, ReadOnlySpan<IoVector> from) => _file.Write(offset, from);

    public int ReadNow(long offset, ReadOnlySpan<IoVector> into) => _isDirect ? IDisk.WouldWait : _file.ReadNow(offset, into);

    /// <summary>Where the file system cannot say whether a write would wait, it is taken not to, unless one lately has.</summary>
    public int WriteNow(long offset, ReadOnlySpan<IoVector> from)
    {
        if (_isDirect)
        {
            return IDisk.WouldWait;
        }

        if (!_cannotTell)
        {
            int error = _file.WriteNow(offset, from);
            _cannotTell = ImageFile.IsUnsupported(error) && !_file.IsBlockDevice;
            if (!_cannotTell)
            {
                return error;
            }
        }

        long began = Stopwatch.GetTimestamp();
        if (Stopwatch.GetElapsedTime(Volatile.Read(ref _lastWait), began) < WaitsOn)
        {
            return IDisk.WouldWait;
        }

        int result = _file.Write(offset, from);
        if (Stopwatch.GetElapsedTime(began) > Wait)
        {
            Volatile.Write(ref _lastWait, Stopwatch.GetTimestamp());
        }

        return result;
    }

    public int Flush() => _file.Flush();

    public int Discard(long offset, long length) => _file.Discard(offset, length);

    public void Dispose() => _file.Dispose();

    internal static ImageFile OpenFile(string path, DiskOptions options)
    {
        ImageAccess access = options.ReadOnly ? ImageAccess.ReadOnly : ImageAccess.ReadWrite;
        access |= !options.ReadOnly && !options.Shared && path.StartsWith("/dev/", StringComparison.Ordinal) ? ImageAccess.NotMounted : 0;
        try
        {
            CheckKind(path);
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

    /// <summary>Asked before it is opened: opening a pipe for reading would wait for who writes, a directory opens without a word.</summary>
    private static void CheckKind(string path)
    {
        switch (FileIdentity.Of(path).Kind)
        {
            case FileKind.Regular or FileKind.BlockDevice:
                return;
            case FileKind.Directory:
                throw new DiskException("disk-directory", $"{path} is a directory, not a disk image");
            default:
                throw new DiskException("disk-kind", $"{path} is neither a file nor a block device", "give a disk image, or a block device such as /dev/vg/guest");
        }
    }

    private static DiskException Explain(string path, DiskOptions options, LinuxException e) => e.Errno switch
    {
        ENOENT => new DiskException(
            "disk-missing", $"{path}: there is no such disk image", options.ReadOnly ? null : $"`truncate -s 10G {path}` makes an empty one"),
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
