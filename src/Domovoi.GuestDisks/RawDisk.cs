// SPDX-License-Identifier: MIT
using Domovoi.Linux;
using Microsoft.Win32.SafeHandles;

namespace Domovoi.GuestDisks;

/// <summary>A raw image file or a block device.</summary>
public sealed class RawDisk : DiskReader
{
    private readonly SafeFileHandle _file;

    private RawDisk(SafeFileHandle file)
    {
        _file = file;
        Length = FileHoles.End(file);
    }

    public override long Length { get; }

    /// <exception cref="IOException">It is not there.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static RawDisk Open(string path) =>
        new(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));

    protected override void Fill(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int count = RandomAccess.Read(_file, destination, offset);
            if (count <= 0)
            {
                throw GuestDiskException.Damaged($"The disk ends at byte {offset}; it had {Length} when it was opened.");
            }

            offset += count;
            destination = destination[count..];
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
        }

        base.Dispose(disposing);
    }
}
