// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Frames;

/// <summary>Where things lie in a domain's machine memory.</summary>
/// <remarks>
/// <code>
/// 0 .. FirstRamFrame     not populated
/// .. + RamFrames         RAM, handed out in the order First + (i * Stride) mod RamFrames
/// .. TotalFrames         the hypervisor's: shared_info, grant table, spare, machine-to-physical table and its page tables
/// </code>
/// Only what is touched takes host memory.
/// </remarks>
public sealed record FrameLayout
{
    /// <summary>Frames for shared_info, the grant table and its status, and the like.</summary>
    public const int SpareFrames = 256;

    private const int WordsPerFrame = 512;

    /// <param name="ramFrames">The most RAM the domain can ever have (maxmem).</param>
    /// <param name="firstRamFrame">Machine frame of the first RAM frame.</param>
    /// <param name="stride">Prime to <paramref name="ramFrames"/>; anything but 1 scatters RAM, which tests use.</param>
    public FrameLayout(ulong ramFrames, ulong firstRamFrame = 0, ulong stride = 1)
    {
        ArgumentOutOfRangeException.ThrowIfZero(ramFrames);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ramFrames, 1UL << 30);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstRamFrame, 1UL << 30);
        ArgumentOutOfRangeException.ThrowIfNotEqual(GreatestCommonDivisor(ramFrames, stride), 1UL);
        RamFrames = ramFrames;
        FirstRamFrame = firstRamFrame;
        Stride = stride;
        TotalFrames = FirstSpareFrame + SpareFrames + TranslationFrames(FirstSpareFrame + SpareFrames);
    }

    public ulong RamFrames { get; }

    public ulong FirstRamFrame { get; }

    public ulong Stride { get; }

    /// <summary>The first frame behind RAM.</summary>
    public ulong FirstSpareFrame => FirstRamFrame + RamFrames;

    /// <summary>What the domain's <see cref="Domovoi.Memory.GuestMemory"/> must hold.</summary>
    public ulong TotalFrames { get; }

    /// <summary>The machine frame of the <paramref name="index"/>th RAM frame that is handed out.</summary>
    public ulong RamFrame(ulong index) => FirstRamFrame + (ulong)((UInt128)index * Stride % RamFrames);

    /// <summary>Whether a frame index lies in RAM.</summary>
    public bool IsRam(ulong frame) => frame - FirstRamFrame < RamFrames;

    /// <summary>Frames for one word per frame, the page tables that map them, and a table of each upper level.</summary>
    private static ulong TranslationFrames(ulong frames)
    {
        ulong words = (frames / WordsPerFrame) + 4;
        return words + (words / WordsPerFrame) + 8 + (words / (WordsPerFrame - 1));
    }

    private static ulong GreatestCommonDivisor(ulong left, ulong right) =>
        right == 0 ? left : GreatestCommonDivisor(right, left % right);
}
