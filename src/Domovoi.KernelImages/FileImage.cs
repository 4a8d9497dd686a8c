// SPDX-License-Identifier: MIT
using Domovoi.Linux;
using Microsoft.Win32.SafeHandles;

namespace Domovoi.KernelImages;

/// <summary>An ELF kernel in a file, read piece by piece straight to where it is wanted.</summary>
public sealed class FileImage(SafeFileHandle file, long length) : ImageSource
{
    /// <summary>The whole of an open file, which the image now owns.</summary>
    public FileImage(SafeFileHandle file)
        : this(file, RandomAccess.GetLength(file))
    {
    }

    public override long Length => length;

    public override long NextData(long offset) => FileHoles.NextData(file, offset);

    protected override bool TryFill(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int count = RandomAccess.Read(file, destination, offset);
            if (count == 0)
            {
                return false;
            }

            offset += count;
            destination = destination[count..];
        }

        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
        }

        base.Dispose(disposing);
    }
}
