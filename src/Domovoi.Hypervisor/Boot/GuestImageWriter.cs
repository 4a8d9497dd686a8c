// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Frames;
using Domovoi.KernelImages;
using Domovoi.Memory;

namespace Domovoi.Hypervisor.Boot;

/// <summary>Copies files into fresh guest memory through a small buffer, and leaves pages of zeros untouched: they take no host memory.</summary>
internal sealed class GuestImageWriter(FrameTable table, ReadOnlyMemory<ulong> frames)
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
            // A hole in the file is zeros, and so is fresh memory.
            long hole = Math.Min(source.NextData(offset) - offset, length);
            if (hole > 0)
            {
                offset += hole;
                length -= hole;
                address += (ulong)hole;
                continue;
            }

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
        Span<ulong> written = stackalloc ulong[(ChunkSize / PageSize) + 1];
        int count = 0;
        for (int done = 0; done < bytes.Length; done += LengthInPage(address + (ulong)done, bytes.Length - done))
        {
            if (PartAt(bytes, address, done).ContainsAnyExcept((byte)0))
            {
                written[count++] = frames.Span[(int)((address + (ulong)done) / PageSize)];
            }
        }

        GuestRam.Populate(table, written[..count]);
        for (int done = 0; done < bytes.Length; done += LengthInPage(address + (ulong)done, bytes.Length - done))
        {
            ReadOnlySpan<byte> part = PartAt(bytes, address, done);
            if (part.ContainsAnyExcept((byte)0))
            {
                ulong at = address + (ulong)done;
                part.CopyTo(table.Memory.Frame(frames.Span[(int)(at / PageSize)])[(int)(at % PageSize)..]);
            }
        }
    }

    private static ReadOnlySpan<byte> PartAt(ReadOnlySpan<byte> bytes, ulong address, int done) =>
        bytes.Slice(done, LengthInPage(address + (ulong)done, bytes.Length - done));

    private static int LengthInPage(ulong address, int length) => Math.Min(PageSize - (int)(address % PageSize), length);
}
