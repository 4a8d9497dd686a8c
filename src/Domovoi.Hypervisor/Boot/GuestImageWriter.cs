// SPDX-License-Identifier: MIT
using Domovoi.KernelImages;
using Domovoi.Memory;

namespace Domovoi.Hypervisor.Boot;

/// <summary>Copies files into fresh guest memory through a small buffer, and leaves pages of zeros untouched: they take no host memory.</summary>
internal sealed class GuestImageWriter(GuestMemory memory, ReadOnlyMemory<ulong> frames)
{
    private const int ChunkSize = 128 << 10;
    private const int PageSize = PhysicalAddress.PageSize;

    private readonly byte[] _chunk = GC.AllocateUninitializedArray<byte>(ChunkSize);

    /// <param name="source">Where the bytes come from.</param>
    /// <param name="offset">The first byte in the source.</param>
    /// <param name="length">How many.</param>
    /// <param name="address">The pseudo-physical address of the first byte; the pages there are zero or loaded before.</param>
    public void Load(ImageSource source, long offset, long length, ulong address)
    {
        while (length > 0)
        {
            int room = ChunkSize - (int)(address % PageSize);
            Span<byte> chunk = _chunk.AsSpan(0, (int)Math.Min(room, length));
            source.Read(offset, chunk);
            Store(chunk, address);
            offset += chunk.Length;
            length -= chunk.Length;
            address += (ulong)chunk.Length;
        }
    }

    private void Store(ReadOnlySpan<byte> bytes, ulong address)
    {
        while (!bytes.IsEmpty)
        {
            int start = (int)(address % PageSize);
            ReadOnlySpan<byte> part = bytes[..Math.Min(PageSize - start, bytes.Length)];
            if (part.ContainsAnyExcept((byte)0))
            {
                part.CopyTo(memory.Frame(frames.Span[(int)(address / PageSize)])[start..]);
            }

            bytes = bytes[part.Length..];
            address += (ulong)part.Length;
        }
    }
}
