// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Frames;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.PvMmu;

/// <summary>Changes entries of validated page tables: takes what the new entry refers to, stores it, drops what the old one did.</summary>
/// <remarks>
/// Every member assumes <see cref="FrameTable.Gate"/> held. Processors set accessed and dirty bits at any time, so entries
/// are stored atomically.
/// </remarks>
internal sealed class PageTableUpdates(FrameTable frames)
{
    private readonly GuestMemory _memory = frames.Memory;
    private readonly FrameReferences _references = frames.References;

    /// <summary>One element of <c>__HYPERVISOR_mmu_update</c>.</summary>
    public XenError Apply(in MmuUpdateRequest request)
    {
        ulong command = request.Pointer & 7;
        PhysicalAddress place = new(request.Pointer & ~7UL);
        return (MmuUpdateCommand)command switch
        {
            MmuUpdateCommand.Normal or MmuUpdateCommand.NoTranslate => Write(place, request.Value, preserve: false),
            MmuUpdateCommand.PreserveAccessedDirty => Write(place, request.Value, preserve: true),
            MmuUpdateCommand.MachineToPhysical =>
                frames.SetPfnOfFrameLocked(new Mfn(place.Frame), request.Value) ? XenError.None : XenError.InvalidArgument,
            _ => XenError.NotImplemented,
        };
    }

    /// <summary>Changes one entry of a validated table.</summary>
    /// <param name="page">The one address that the entry maps, if that is known.</param>
    public XenError Change(ulong table, int slot, FrameType level, PageTableEntry value, bool preserve = false, ulong? page = null)
    {
        if (level == FrameType.Level4 && !FrameReferences.IsGuestSlot(slot))
        {
            return XenError.InvalidArgument;
        }

        ref ulong place = ref _memory.FrameWords(table)[slot];
        PageTableEntry old = new(Volatile.Read(ref place));
        bool isUpper = _references.MapsUpperHalf(table, level, slot);
        if (value.IsPresent)
        {
            XenError error = !old.HoldsSameReferences(value) ? _references.GetEntry(value, level, table)
                : value.HasDisallowedBits(level) ? XenError.InvalidArgument : XenError.None;
            if (error != XenError.None)
            {
                return error;
            }

            if (level == FrameType.Level4)
            {
                _references.NotePlace(value.Frame, slot);
            }
            else if (isUpper && level != FrameType.Level1)
            {
                _references.MarkUpperHalf(value.Frame, level - 1);
            }
        }

        Store(ref place, value.Value, preserve);
        if (isUpper)
        {
            NoteUpperHalfChange(old, value, page);
        }

        if (!old.HoldsSameReferences(value))
        {
            _references.PutEntry(old, level, table, isUpper && page is not null ? OldTranslation.Logged : OldTranslation.MayRemain);
        }

        return XenError.None;
    }

    /// <summary>Replaces a level 1 entry if it still is <paramref name="old"/>.</summary>
    /// <returns>None; Busy when the entry changed meanwhile; another error when the new one is refused.</returns>
    public XenError Exchange(ulong table, int slot, PageTableEntry old, PageTableEntry value)
    {
        bool sameReferences = old.HoldsSameReferences(value);
        if (value.IsPresent)
        {
            XenError error = !sameReferences ? _references.GetEntry(value, FrameType.Level1, table)
                : value.HasDisallowedBits(FrameType.Level1) ? XenError.InvalidArgument : XenError.None;
            if (error != XenError.None)
            {
                return error == XenError.Busy ? XenError.InvalidArgument : error;
            }
        }

        ref ulong place = ref _memory.FrameWords(table)[slot];
        bool stored = Interlocked.CompareExchange(ref place, value.Value, old.Value) == old.Value;
        if (_references.MapsUpperHalf(table, FrameType.Level1, slot))
        {
            NoteUpperHalfChange(old, value, page: null);
        }

        if (!sameReferences)
        {
            _references.PutEntry(stored ? old : value, FrameType.Level1, table);
        }

        return stored ? XenError.None : XenError.Busy;
    }

    /// <summary>Finds the level 1 entry that maps a linear address in the tree under <paramref name="root"/>.</summary>
    public bool TryFindLeaf(Mfn root, ulong linear, out ulong table, out int slot) =>
        TryFindLeaf(root, linear, out table, out slot, out _);

    /// <summary>Also tells the address of the page if no other leads to the entry.</summary>
    public bool TryFindLeaf(Mfn root, ulong linear, out ulong table, out int slot, out ulong? page)
    {
        table = root.Value;
        ulong parent = table;
        page = null;
        slot = Index(linear, FrameType.Level4);
        if (!X86Addresses.IsCanonical(linear) || !FrameReferences.IsGuestSlot(slot))
        {
            return false;
        }

        for (FrameType level = FrameType.Level4; level > FrameType.Level1; level--)
        {
            if (!_memory.Contains(table))
            {
                return false;
            }

            PageTableEntry entry = new(_memory.FrameWords(table)[Index(linear, level)]);
            if (!entry.IsPresent)
            {
                return false;
            }

            parent = table;
            table = entry.Frame;
        }

        slot = Index(linear, FrameType.Level1);
        if (!_references.IsTable(table, FrameType.Level1))
        {
            return false;
        }

        page = _references.HasOneParent(table) && _references.HasOneParent(parent) ? linear : null;
        return true;
    }

    /// <summary>Whether two top-level tables lead to the same tables in the upper half.</summary>
    public bool SharesUpperHalf(Mfn first, Mfn second)
    {
        const int start = MachineToPhysical.LastReservedSlot + 1;
        ReadOnlySpan<ulong> left = _memory.FrameWords(first.Value)[start..];
        ReadOnlySpan<ulong> right = _memory.FrameWords(second.Value)[start..];
        for (int slot = left.CommonPrefixLength(right); slot < left.Length; slot++)
        {
            if (((left[slot] ^ right[slot]) & ~PageTableEntry.AccessedAndDirty) != 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A present entry that becomes anything else may still be in a processor's translations.</summary>
    private void NoteUpperHalfChange(PageTableEntry old, PageTableEntry value, ulong? page)
    {
        if (old.IsPresent && old != value)
        {
            _references.Stale.NoteChange(page);
        }
    }

    private XenError Write(PhysicalAddress place, ulong value, bool preserve)
    {
        ulong frame = place.Frame;
        if (!_references.TryGet(frame))
        {
            return XenError.InvalidArgument;
        }

        FrameType type = _references.CurrentType(frame);
        XenError error = type is >= FrameType.Level1 and <= FrameType.Level4
            ? Change(frame, (int)(place.Value & 0xFFF) / 8, type, new PageTableEntry(value), preserve)
            : WritePlain(place, value);
        _references.Put(frame);
        return error;
    }

    /// <summary>A frame that is no page table is written like memory.</summary>
    private XenError WritePlain(PhysicalAddress place, ulong value)
    {
        if (_references.GetType(place.Frame, FrameType.Writable) != XenError.None)
        {
            return XenError.InvalidArgument;
        }

        _memory.TryWrite(place, value);
        _references.PutType(place.Frame, OldTranslation.None);
        return XenError.None;
    }

    private static void Store(ref ulong place, ulong value, bool preserve)
    {
        if (!preserve)
        {
            Volatile.Write(ref place, value);
            return;
        }

        ulong old = Volatile.Read(ref place);
        while (true)
        {
            ulong seen = Interlocked.CompareExchange(ref place, value | (old & PageTableEntry.AccessedAndDirty), old);
            if (seen == old)
            {
                return;
            }

            old = seen;
        }
    }

    private static int Index(ulong linear, FrameType level) => (int)(linear >> (3 + (9 * (int)level))) & 511;
}
