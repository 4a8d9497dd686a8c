// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Frames;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Boot;

/// <summary>Allocates a new guest's pages in order, many under one hold of the frames' gate.</summary>
internal static class GuestRam
{
    /// <summary>Allocates one frame for each page from <paramref name="firstPage"/>; their numbers go into <paramref name="frames"/>.</summary>
    public static void Allocate(FrameTable table, ulong firstPage, Span<ulong> frames)
    {
        if (frames.IsEmpty)
        {
            return;
        }

        lock (table.Gate)
        {
            if (table.TryAllocateRamLocked((ulong)frames.Length, out Mfn first))
            {
                table.MachineToPhysical.SetRun(first, new Pfn(firstPage), (ulong)frames.Length);
                for (int i = 0; i < frames.Length; i++)
                {
                    frames[i] = first.Value + (ulong)i;
                }

                return;
            }

            for (int i = 0; i < frames.Length; i++)
            {
                if (!table.TryAllocateRamLocked(out Mfn frame))
                {
                    throw new InvalidOperationException($"The layout holds only {table.Layout.RamFrames} frames of RAM.");
                }

                table.MachineToPhysical[frame] = firstPage + (ulong)i;
                frames[i] = frame.Value;
            }
        }
    }

    /// <summary>Gives host memory to the frames of a few pages, run by run.</summary>
    public static void Populate(FrameTable table, ReadOnlySpan<ulong> frames)
    {
        for (int start = 0; start < frames.Length;)
        {
            int end = start + 1;
            while (end < frames.Length && frames[end] == frames[end - 1] + 1)
            {
                end++;
            }

            if (end - start > 1)
            {
                table.Memory.Populate(frames[start], (ulong)(end - start));
            }

            start = end;
        }
    }
}
