// SPDX-License-Identifier: MIT
using Domovoi.Cpu.State;
using Domovoi.Memory;

namespace Domovoi.Cpu.Mmu;

/// <summary>Reads four-level page tables as the processor does, SDM 3A §4.5: permissions, accessed and dirty bits, faults.</summary>
internal sealed class PageWalker(GuestMemory memory, PagingPolicy policy)
{
    private const ulong Present = 1;
    internal const ulong Writable = 2;
    internal const ulong UserAccess = 4;
    private const ulong Accessed = 0x20;
    internal const ulong Dirty = 0x40;
    internal const ulong PageSize = 0x80;
    private const ulong NoExecute = 1UL << 63;
    internal const ulong FrameMask = 0x000F_FFFF_FFFF_F000;

    /// <summary>Present and accessed: what every entry has above a page that may be read without telling anybody.</summary>
    internal const ulong ReadBits = Present | Accessed;

    internal static bool IsCanonical(ulong linear) => (ulong)((long)(linear << 16) >> 16) == linear;

    /// <summary>Finds the frame behind a canonical linear address.</summary>
    /// <param name="frame">The 4 KiB frame that holds the byte.</param>
    /// <param name="fault">The #PF error code when the result is false.</param>
    internal bool TryWalk(
        PhysicalAddress root, ulong linear, Access access, CpuMode mode, out ulong frame, out PageFaultErrorCode fault)
    {
        frame = 0;
        fault = (access == Access.Write ? PageFaultErrorCode.Write : 0)
            | (access == Access.Execute ? PageFaultErrorCode.InstructionFetch : 0)
            | (mode == CpuMode.User ? PageFaultErrorCode.User : 0);
        int top = (int)(linear >> 39) & 511;
        bool reserved = top >= policy.ReservedFirstSlot && top <= policy.ReservedLastSlot;
        if (reserved && mode == CpuMode.User)
        {
            return false;
        }

        ulong table = reserved ? policy.ReservedRoot : root.Frame;
        bool writable = !reserved;
        bool user = true;
        bool executable = true;
        for (int level = 4; ; level--)
        {
            if (!memory.Contains(table))
            {
                fault |= PageFaultErrorCode.Present | PageFaultErrorCode.ReservedBit;
                return false;
            }

            int index = (int)(linear >> (12 + (9 * (level - 1)))) & 511;
            ref ulong entry = ref memory.Shared<ulong>(PhysicalAddress.OfFrame(table) + (ulong)(index * 8));
            ulong value = Volatile.Read(ref entry);
            if ((value & Present) == 0)
            {
                return false;
            }

            writable &= (value & Writable) != 0;
            user &= (value & UserAccess) != 0;
            executable &= (value & NoExecute) == 0;
            bool leaf = level == 1 || (level < 4 && (value & PageSize) != 0);
            if (leaf)
            {
                bool allowed = access switch { Access.Write => writable, Access.Execute => executable, _ => true }
                    && (mode == CpuMode.Kernel || user || policy.IgnoreUserBit);
                if (!allowed)
                {
                    fault |= PageFaultErrorCode.Present;
                    return false;
                }
            }

            Mark(ref entry, value, leaf && access == Access.Write ? Accessed | Dirty : Accessed, reserved);
            table = (value & FrameMask) >> PhysicalAddress.PageShift;
            if (leaf)
            {
                ulong inside = (linear >> PhysicalAddress.PageShift) & ((1UL << (9 * (level - 1))) - 1);
                frame = (table & ~((1UL << (9 * (level - 1))) - 1)) + inside;
                fault |= memory.Contains(frame) ? 0 : PageFaultErrorCode.Present | PageFaultErrorCode.ReservedBit;
                return memory.Contains(frame);
            }
        }
    }

    private static void Mark(ref ulong entry, ulong value, ulong bits, bool reserved)
    {
        if (!reserved && (value & bits) != bits)
        {
            Interlocked.Or(ref entry, bits);
        }
    }
}
