// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Frames;

/// <summary>The processors, to whoever knows what they must forget. The clocks are those of <see cref="StaleTranslations"/>.</summary>
internal interface IRememberTranslations
{
    /// <summary>Of all processors' last flushes, the one longest ago.</summary>
    uint OldestFlush { get; }

    /// <summary>Flushes those whose last flush was no later than <paramref name="clock"/>.</summary>
    void ForgetUnlessFlushedAfter(uint clock);

    /// <summary>Makes those that have not, see all changes up to <paramref name="change"/>.</summary>
    void ForgetUnlessSeen(uint change);

    /// <summary>The clocks begin anew: makes all forget everything.</summary>
    void ForgetAll();
}
