// SPDX-License-Identifier: MIT
using Domovoi.Linux;

namespace Domovoi.Storage;

/// <summary>A disk image that is open: what a guest's reads and writes end in, wherever the bytes are.</summary>
/// <remarks>Thread safe: any number of calls at a time. Operations return an errno, 0 for success; offsets and lengths are bytes.</remarks>
public interface IDisk : IDisposable
{
    /// <summary>Bytes it has now; it may grow or shrink while it is open.</summary>
    long Length { get; }

    /// <summary>Reads and writes must be multiples of this, and begin at one.</summary>
    int SectorSize { get; }

    bool IsReadOnly { get; }

    /// <summary>Whether <see cref="Discard"/> can be expected to work.</summary>
    bool CanDiscard { get; }

    int Read(long offset, ReadOnlySpan<IoVector> into);

    /// <summary>Returns when the write survives the death of this process.</summary>
    int Write(long offset, ReadOnlySpan<IoVector> from);

    /// <summary>As <see cref="Read"/>, if that can be done without waiting for a device or a server.</summary>
    /// <returns>0 when it is done; otherwise nothing is known of what <paramref name="into"/> holds, and <see cref="Read"/> is to be called.</returns>
    int ReadNow(long offset, ReadOnlySpan<IoVector> into) => WouldWait;

    /// <summary>As <see cref="Write"/>, if that can be done without waiting for a device or a server.</summary>
    /// <returns>0 when it is done; otherwise any part of it may be, and <see cref="Write"/> is to be called.</returns>
    int WriteNow(long offset, ReadOnlySpan<IoVector> from) => WouldWait;

    /// <summary>Returns when all completed writes survive the death of the host, as far as it can promise that.</summary>
    int Flush();

    /// <summary>The range is not needed any more; it may read as zeros or as before.</summary>
    int Discard(long offset, long length);

    /// <summary><c>EAGAIN</c></summary>
    const int WouldWait = 11;
}
