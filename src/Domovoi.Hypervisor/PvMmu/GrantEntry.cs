// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Frames;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.PvMmu;

/// <summary>The level 1 entry that <c>GNTTABOP_map_grant_ref</c> makes.</summary>
internal static class GrantEntry
{
    private const int FirstAvailableFlag = 16;
    private const int FirstAvailableBit = 9;

    public static PageTableEntry Of(Mfn frame, GrantMapFlags flags)
    {
        ulong bits = PageTableEntry.Present | PageTableEntry.Accessed | PageTableEntry.Dirty;
        bits |= (flags & GrantMapFlags.ReadOnly) == 0 ? PageTableEntry.Writable : 0;
        bits |= (flags & GrantMapFlags.ApplicationMap) != 0 ? PageTableEntry.User : 0;
        bits |= (((ulong)flags >> FirstAvailableFlag) & 7) << FirstAvailableBit;
        return PageTableEntry.Of(frame.Value, bits);
    }
}
