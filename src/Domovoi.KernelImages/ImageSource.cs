// SPDX-License-Identifier: MIT
namespace Domovoi.KernelImages;

/// <summary>The bytes of an ELF kernel, in a file or in memory.</summary>
public abstract class ImageSource : IDisposable
{
    public abstract long Length { get; }

    /// <summary>Fills <paramref name="destination"/> from <paramref name="offset"/>.</summary>
    /// <exception cref="KernelImageException">The image ends before the destination is full.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || destination.Length > Length || offset > Length - destination.Length || !TryFill(offset, destination))
        {
            throw KernelImageException.Truncated(
                $"The kernel ends at byte {Length}; {destination.Length} bytes at {offset} were expected.");
        }
    }

    /// <summary>The first byte from <paramref name="offset"/> on that may differ from zero: what lies before need not be read.</summary>
    public virtual long NextData(long offset) => offset;

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract bool TryFill(long offset, Span<byte> destination);

    protected virtual void Dispose(bool disposing)
    {
    }
}
