// SPDX-License-Identifier: MIT
namespace Domovoi.GuestDisks;

/// <summary>A partition as a disk of its own. Does not own the disk it is on.</summary>
internal sealed class DiskSlice : DiskReader
{
    private readonly DiskReader _whole;
    private readonly long _start;

    /// <param name="whole">The disk.</param>
    /// <param name="start">First byte.</param>
    /// <param name="length">Bytes; what lies beyond the disk's end is cut off.</param>
    internal DiskSlice(DiskReader whole, long start, long length)
    {
        _whole = whole;
        _start = start;
        Length = Math.Clamp(length, 0, Math.Max(0, whole.Length - start));
    }

    public override long Length { get; }

    protected override void Fill(long offset, Span<byte> destination) => _whole.Read(_start + offset, destination);
}
