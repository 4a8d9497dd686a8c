// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Frames;

/// <summary>How the domain's RAM grows and shrinks while it runs: ballooning and exchanges.</summary>
internal sealed class Reservation(FrameTable frames)
{
    /// <summary>Largest extent an ordinary domain may ask for, as a power of two.</summary>
    public const uint LargestOrder = 9;

    /// <summary>Gives the domain 2^order consecutive frames.</summary>
    /// <param name="order">At most <see cref="LargestOrder"/>.</param>
    /// <param name="pfn">The guest's number of the first, or null to leave the machine-to-physical table alone.</param>
    /// <param name="overCommit">The caller gives as many back at once, so the limit does not count.</param>
    /// <param name="first">The first machine frame.</param>
    public bool TryIncrease(uint order, ulong? pfn, bool overCommit, out Mfn first)
    {
        ulong count = 1UL << (int)order;
        lock (frames.Gate)
        {
            first = Mfn.Invalid;
            bool fits = frames.CurrentPages <= frames.MaximumPages && frames.MaximumPages - frames.CurrentPages >= count;
            if ((!fits && !overCommit) || !frames.TryAllocateRamLocked(count, out first))
            {
                return false;
            }

            for (ulong index = 0; pfn is { } start && index < count; index++)
            {
                frames.MachineToPhysical[new Mfn(first.Value + index)] = start + index;
            }

            return true;
        }
    }

    /// <summary>Takes 2^order consecutive frames from the domain, or up to the first that is not its own.</summary>
    public bool TryDecrease(uint order, Mfn first)
    {
        ulong count = 1UL << (int)order;
        lock (frames.Gate)
        {
            for (ulong index = 0; index < count; index++)
            {
                if (!frames.TryReleaseRamLocked(new Mfn(first.Value + index)))
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>Whether frames can be taken from the domain: its own, and nothing but their allocation refers to them.</summary>
    public bool AreStealable(Mfn first, uint order)
    {
        for (ulong index = 0; index < 1UL << (int)order; index++)
        {
            (FrameOwner owner, _, _, uint references, _) = frames.Describe(new Mfn(first.Value + index));
            if (owner != FrameOwner.Guest || references != 1)
            {
                return false;
            }
        }

        return true;
    }
}
