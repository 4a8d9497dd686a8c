// SPDX-License-Identifier: MIT
namespace Domovoi.GuestDisks;

/// <summary>A disk that is an array, for damage at will.</summary>
internal sealed class MemoryDisk(byte[] bytes) : DiskReader
{
    public override long Length => bytes.Length;

    protected override void Fill(long offset, Span<byte> destination) => bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
}
