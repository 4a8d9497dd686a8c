// SPDX-License-Identifier: MIT
namespace Domovoi.KernelImages;

/// <summary>An ELF kernel that lies in memory.</summary>
public sealed class MemoryImage(ReadOnlyMemory<byte> bytes) : ImageSource
{
    public override long Length => bytes.Length;

    protected override bool TryFill(long offset, Span<byte> destination)
    {
        bytes.Span.Slice((int)offset, destination.Length).CopyTo(destination);
        return true;
    }
}
