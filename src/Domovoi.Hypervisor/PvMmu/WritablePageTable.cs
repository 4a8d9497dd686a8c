// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Mmu;
using Domovoi.Cpu.Run;
using Domovoi.Hypervisor.Frames;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.PvMmu;

/// <summary>The page-table write assist: a store of the guest's kernel to a level 1 table it has mapped read-only.</summary>
/// <remarks><c>VMASST_TYPE_writable_pagetables</c>. Upper levels are changed by hypercall only.</remarks>
internal static class WritablePageTable
{
    /// <summary>Entries change under us only by accessed and dirty bits and by other vCPUs' stores.</summary>
    private const int LargestTries = 64;

    /// <summary>Does the faulting store on the guest's behalf if that is what it was.</summary>
    /// <returns>false when the fault is the guest's own to handle.</returns>
    public static bool TryEmulate(
        FrameTable frames, PageTables tables, AddressSpace space, ulong linear, PageFaultErrorCode error)
    {
        const PageFaultErrorCode expected = PageFaultErrorCode.Present | PageFaultErrorCode.Write;
        if ((error & (expected | PageFaultErrorCode.ReservedBit | PageFaultErrorCode.InstructionFetch)) != expected)
        {
            return false;
        }

        if (!IsReadOnlyTable(frames, tables, space, linear, out ulong table) || !space.Cpu.TryDecodeStore(out StoreOperation store))
        {
            return false;
        }

        bool isAligned = store.Size is 1 or 2 or 4 or 8 && (store.Linear & (ulong)(store.Size - 1)) == 0;
        if (!isAligned || store.Linear >> 12 != linear >> 12 || !TryStore(frames, tables, table, in store, out ulong old))
        {
            return false;
        }

        space.Cpu.CompleteStore(in store, old);
        return true;
    }

    private static bool IsReadOnlyTable(FrameTable frames, PageTables tables, AddressSpace space, ulong linear, out ulong table)
    {
        table = 0;
        lock (frames.Gate)
        {
            if (!tables.Updates.TryFindLeaf(space.KernelRoot, linear, out ulong leaf, out int slot))
            {
                return false;
            }

            PageTableEntry entry = new(frames.Memory.FrameWords(leaf)[slot]);
            table = entry.Frame;
            return entry.IsPresent && !entry.IsWritable && frames.References.IsTable(table, FrameType.Level1);
        }
    }

    private static bool TryStore(FrameTable frames, PageTables tables, ulong table, in StoreOperation store, out ulong oldOperand)
    {
        int slot = (int)(store.Linear & 0xFFF) / 8;
        int shift = (int)(store.Linear & 7) * 8;
        ulong mask = store.Size == 8 ? ulong.MaxValue : ((1UL << (store.Size * 8)) - 1) << shift;
        oldOperand = 0;
        for (int attempt = 0; attempt < LargestTries; attempt++)
        {
            lock (frames.Gate)
            {
                if (!frames.References.IsTable(table, FrameType.Level1))
                {
                    return false;
                }

                ulong old = Volatile.Read(ref frames.Memory.FrameWords(table)[slot]);
                oldOperand = (old & mask) >> shift;
                if (store.Kind == StoreKind.CompareExchange && oldOperand != (store.Comparand & (mask >> shift)))
                {
                    return true;
                }

                ulong value = (old & ~mask) | ((Combine(in store, oldOperand) << shift) & mask);
                XenError error = tables.Updates.Exchange(table, slot, new PageTableEntry(old), new PageTableEntry(value));
                if (error != XenError.Busy)
                {
                    return error == XenError.None;
                }
            }
        }

        return false;
    }

    private static ulong Combine(in StoreOperation store, ulong old) => store.Kind switch
    {
        StoreKind.Write or StoreKind.CompareExchange or StoreKind.Exchange => store.Value,
        StoreKind.Add or StoreKind.ExchangeAdd => old + store.Value,
        StoreKind.Subtract => old - store.Value,
        StoreKind.And => old & store.Value,
        StoreKind.Or or StoreKind.BitSet => old | store.Value,
        StoreKind.Xor or StoreKind.BitComplement => old ^ store.Value,
        StoreKind.BitReset => old & ~store.Value,
        _ => old,
    };
}
