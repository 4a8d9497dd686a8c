// SPDX-License-Identifier: MIT
namespace Domovoi.GuestDisks;

/// <summary>The bytes of a guest's disk, of a part of it, or of both as a journal amends them. Read only.</summary>
public abstract class DiskReader : IDisposable
{
    /// <summary>Bytes.</summary>
    public abstract long Length { get; }

    /// <summary>Fills <paramref name="destination"/> from byte <paramref name="offset"/>.</summary>
    /// <exception cref="GuestDiskException">The range does not lie inside the disk: whoever named it read a damaged structure.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || destination.Length > Length || offset > Length - destination.Length)
        {
            throw GuestDiskException.Damaged(
                $"Something on the disk points to bytes {offset} to {offset + destination.Length}, but it has {Length}.");
        }

        Fill(offset, destination);
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Reads a range that is known to lie inside.</summary>
    protected abstract void Fill(long offset, Span<byte> destination);

    protected virtual void Dispose(bool disposing)
    {
    }
}
