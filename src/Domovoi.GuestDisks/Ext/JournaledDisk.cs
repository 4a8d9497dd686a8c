// SPDX-License-Identifier: MIT
using System.Buffers.Binary;

namespace Domovoi.GuestDisks.Ext;

/// <summary>A disk as it will be when its journal has been replayed: some blocks are read from their copies in the journal.</summary>
/// <param name="disk">The disk as it is.</param>
/// <param name="blockSize">Bytes of a block.</param>
/// <param name="copies">Block number → where its newest copy is.</param>
internal sealed class JournaledDisk(DiskReader disk, int blockSize, Dictionary<long, JournalCopy> copies) : DiskReader
{
    public override long Length => disk.Length;

    internal int Count => copies.Count;

    protected override void Fill(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            long block = offset / blockSize;
            int inside = (int)(offset % blockSize);
            int count = Math.Min(destination.Length, blockSize - inside);
            if (copies.TryGetValue(block, out JournalCopy copy))
            {
                FillFromCopy(copy, inside, destination[..count]);
            }
            else
            {
                while (count < destination.Length && !copies.ContainsKey((offset + count) / blockSize))
                {
                    count = Math.Min(destination.Length, count + blockSize);
                }

                disk.Read(offset, destination[..count]);
            }

            offset += count;
            destination = destination[count..];
        }
    }

    private void FillFromCopy(JournalCopy copy, int inside, Span<byte> destination)
    {
        byte[] block = new byte[blockSize];
        disk.Read(copy.Block * blockSize, block);
        if (copy.IsEscaped)
        {
            BinaryPrimitives.WriteUInt32BigEndian(block, JournalReplay.Magic);
        }

        block.AsSpan(inside, destination.Length).CopyTo(destination);
    }
}

/// <summary>Where the journal keeps a block.</summary>
/// <param name="Block">On the disk.</param>
/// <param name="IsEscaped">It began with the journal's magic number, which was zeroed so that it is not taken for the journal's own.</param>
internal readonly record struct JournalCopy(long Block, bool IsEscaped);
