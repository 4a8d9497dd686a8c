// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Frames;

/// <summary>What processors may still remember of entries that changed: which frames they could write, which pages of the upper half moved.</summary>
/// <remarks>
/// Page tables change by the hypervisor's hand only, so it knows what a processor need not forget. Two clocks: one counts flushes of
/// processors (<c>tlbflush_clock</c>), the other changes of the upper half, of which the last are known by their page. A processor has
/// forgotten a frame when its flush, or for a change known by its page its look at the log, is younger than the loss of the mapping.
/// <code>
/// word of a frame    31 .......... 1      0
///                    a clock's value      1: of changes, 0: of flushes
/// </code>
/// Guarded by <see cref="FrameTable.Gate"/>.
/// </remarks>
internal sealed class StaleTranslations(int frames)
{
    /// <summary>So many pages are cheaper to forget one by one than to find again after a flush of everything.</summary>
    internal const int LogLength = 128;

    private const uint OfChanges = 1;

    private readonly uint[] _words = new uint[frames];      // 0: nobody can write the frame by an old translation
    private readonly ulong[] _log = new ulong[LogLength];
    private uint _unknown = 1;                              // what Changes became by the last change whose page is not known

    /// <summary>Those who remember; none before the first processor.</summary>
    public IRememberTranslations? Processors { get; set; }

    /// <summary>Flushes of processors so far.</summary>
    public uint Flushes { get; private set; } = 1;

    /// <summary>Changes of the upper half so far.</summary>
    public uint Changes { get; private set; } = 1;

    /// <summary>An address may change with any table, or two addresses with one: then nothing less than a whole flush will do.</summary>
    public bool AreTangled { get; set; }

    /// <summary>How far the clocks go before everybody forgets everything and they start again. Tests make it short.</summary>
    internal uint Period { get; set; } = uint.MaxValue >> 1;

    /// <summary>Counts a flush of one processor.</summary>
    public uint CountFlush()
    {
        EndPeriod(Flushes);
        return ++Flushes;
    }

    /// <summary>An entry of the upper half was present and is another now.</summary>
    /// <param name="page">The one address it mapped, if that is known.</param>
    public void NoteChange(ulong? page)
    {
        EndPeriod(Changes);
        _log[Changes++ % LogLength] = page ?? 0;
        _unknown = page is null ? Changes : _unknown;
    }

    /// <summary>Whether the pages that changed since <see cref="Changes"/> was <paramref name="seen"/> are all known.</summary>
    public bool AreKnownSince(uint seen) => !AreTangled && seen >= _unknown && Changes - seen <= LogLength;

    /// <summary>The page of one change.</summary>
    public ulong PageOf(uint change) => _log[change % LogLength];

    /// <summary>A writable mapping of a frame went.</summary>
    /// <param name="index">The frame's place among the records.</param>
    /// <param name="isLogged">It was the upper half's last change, and its page is known.</param>
    public void NoteFrame(ulong index, bool isLogged)
    {
        ref uint word = ref _words[index];
        bool waitsForFlush = word != 0 && (word & OfChanges) == 0 && word >> 1 >= (Processors?.OldestFlush ?? 0);
        word = isLogged && !waitsForFlush && !AreTangled ? (Changes << 1) | OfChanges : Flushes << 1;
    }

    /// <summary>A frame must not be written any more by whoever could: when this returns, nobody can.</summary>
    public void ForgetFrame(ulong index)
    {
        uint word = _words[index];
        _words[index] = 0;
        if (word == 0 || Processors is null)
        {
            return;
        }

        if ((word & OfChanges) != 0)
        {
            Processors.ForgetUnlessSeen(word >> 1);
        }
        else
        {
            Processors.ForgetUnlessFlushedAfter(word >> 1);
        }
    }

    private void EndPeriod(uint clock)
    {
        if (clock >= Period)
        {
            Array.Clear(_words);
            (Flushes, Changes, _unknown) = (1, 1, 1);
            Processors?.ForgetAll();
        }
    }
}
