// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Linux;

/// <summary><c>struct iovec</c>: a stretch of this process's memory that a disk reads into or writes from.</summary>
/// <param name="Address">Its first byte.</param>
/// <param name="Length">In bytes.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct IoVector(nint Address, nint Length)
{
    /// <summary>The stretch as a span. Whoever made the vector answers for its range.</summary>
    public unsafe Span<byte> Bytes => new((void*)Address, checked((int)Length));    // SAFETY: as the summary says

    /// <summary>Bytes in all of them.</summary>
    public static long Total(ReadOnlySpan<IoVector> vectors)
    {
        long total = 0;
        foreach (IoVector vector in vectors)
        {
            total += vector.Length;
        }

        return total;
    }
}
