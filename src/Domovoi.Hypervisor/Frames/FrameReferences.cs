// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Frames;

/// <summary>Takes and drops references and types of frames; a new page-table type is validated entry by entry.</summary>
/// <remarks>
/// Every member assumes <see cref="FrameTable.Gate"/> held. Validation goes down one level per call, so it nests at
/// most four deep, and looks at 512 entries per table, most of which a vectorized scan skips.
/// </remarks>
internal sealed class FrameReferences(FrameTable frames, FrameRecords records)
{
    private readonly List<LdtShadow> _ldts = [];
    private readonly Dictionary<ulong, int> _upperSlots = [];       // of level 3 tables, which of level 4 leads to them

    /// <summary>Level 4 slots the guest may use: all but the hypervisor's.</summary>
    public static bool IsGuestSlot(int slot) =>
        slot is < MachineToPhysical.FirstReservedSlot or > MachineToPhysical.LastReservedSlot;

    /// <summary>What processors may still remember.</summary>
    public StaleTranslations Stale { get; } = new(records.Count);

    /// <summary>Makes another vCPU's LDT known, before the guest runs.</summary>
    public LdtShadow NewLdt()
    {
        _ldts.Add(new LdtShadow(this));
        return _ldts[^1];
    }

    /// <summary>Whether the guest may name the frame.</summary>
    public bool IsGuestVisible(ulong frame) =>
        records.Has(frame) && records[frame].IsGuestVisible;

    /// <summary>Whether the frame is a validated page table of this level.</summary>
    public bool IsTable(ulong frame, FrameType level) =>
        records.Has(frame) && records[frame].IsTable(level);

    /// <summary>A frame's present type; None when it has no type references.</summary>
    public FrameType CurrentType(ulong frame)
    {
        ref FrameRecord record = ref records[frame];
        return record.TypeCount == 0 ? FrameType.None : record.Type;
    }

    /// <summary><c>get_page</c></summary>
    public bool TryGet(ulong frame) =>
        records.Has(frame) && records[frame].TryReference();

    /// <summary><c>put_page</c></summary>
    public void Put(ulong frame)
    {
        if (records[frame].Unreference())
        {
            frames.Free(frame);
        }
    }

    /// <summary><c>get_page_and_type</c>: a reference and a type reference together.</summary>
    public XenError GetTyped(ulong frame, FrameType type)
    {
        if (!TryGet(frame))
        {
            return XenError.InvalidArgument;
        }

        XenError error = GetType(frame, type);
        if (error != XenError.None)
        {
            Put(frame);
        }

        return error;
    }

    /// <summary><c>put_page_and_type</c></summary>
    public void PutTyped(ulong frame, OldTranslation old = OldTranslation.MayRemain)
    {
        PutType(frame, old);
        Put(frame);
    }

    /// <summary><c>get_page_type</c> of a frame the caller holds a reference on.</summary>
    /// <remarks>Before a table is looked at, no processor can write to it any more: neither by an entry nor by what it remembers.</remarks>
    public XenError GetType(ulong frame, FrameType type)
    {
        ref FrameRecord record = ref records[frame];
        if (record.TypeCount != 0)
        {
            if (record.Type != type || !record.IsValidated || record.TypeCountIsFull)
            {
                return XenError.InvalidArgument;
            }

            record.AddTypeReference();
            return XenError.None;
        }

        bool isTable = type != FrameType.Writable;
        if (isTable)
        {
            Stale.ForgetFrame(records.IndexOf(frame));
        }

        record.BecomeType(type, validated: !isTable);
        record.AddTypeReference();
        return isTable ? Validate(frame, type) : XenError.None;
    }

    /// <summary><c>put_page_type</c></summary>
    public void PutType(ulong frame, OldTranslation old = OldTranslation.MayRemain)
    {
        ref FrameRecord record = ref records[frame];
        if (record.Type == FrameType.Writable && old != OldTranslation.None)
        {
            Stale.NoteFrame(records.IndexOf(frame), isLogged: old == OldTranslation.Logged);
        }

        if (!record.DropTypeReference() || record.Type == FrameType.Writable)
        {
            return;
        }

        FrameType type = record.Type;
        record.BecomeType(FrameType.None, validated: false);
        if (type is >= FrameType.Level1 and <= FrameType.Level4)
        {
            DropEntries(frame, type, 512);
        }
    }

    /// <summary>Takes what one present entry of a table refers to.</summary>
    public XenError GetEntry(PageTableEntry entry, FrameType level, ulong table)
    {
        if (entry.HasDisallowedBits(level))
        {
            return XenError.InvalidArgument;
        }

        if (level == FrameType.Level1)
        {
            return GetLeaf(entry);
        }

        if (IsLinear(entry, level, table))
        {
            Stale.AreTangled = true;
            return XenError.None;
        }

        return GetTyped(entry.Frame, level - 1);
    }

    /// <summary>Drops what one entry of a table referred to.</summary>
    public void PutEntry(PageTableEntry entry, FrameType level, ulong table, OldTranslation old = OldTranslation.MayRemain)
    {
        if (!entry.IsPresent || !records.Has(entry.Frame))
        {
            return;
        }

        if (level == FrameType.Level1)
        {
            PutLeaf(entry, old);
        }
        else if (!IsLinear(entry, level, table))
        {
            NoteLostPlace(entry.Frame, level, table);
            PutTyped(entry.Frame);
        }
    }

    /// <summary>A table of the upper half was also to be found in the lower: processors may know its pages by addresses there.</summary>
    private void NoteLostPlace(ulong lost, FrameType level, ulong table)
    {
        if (level != FrameType.Level4 && records[lost].MapsUpperHalf && !records[table].MapsUpperHalf)
        {
            Stale.NoteChange(page: null);
        }
    }

    /// <summary>Whether an entry of a table may map addresses of the upper half.</summary>
    public bool MapsUpperHalf(ulong table, FrameType level, int slot) =>
        level == FrameType.Level4 ? slot > MachineToPhysical.LastReservedSlot : records[table].MapsUpperHalf;

    /// <summary>Whether only one table refers to this one.</summary>
    public bool HasOneParent(ulong table) =>
        records[table].TypeCount - (records[table].IsPinned ? 1u : 0u) == 1;

    /// <summary>A slot of a level 4 table now leads to a level 3 table. One that has two places is at two addresses.</summary>
    public void NotePlace(ulong table, int slot)
    {
        ref FrameRecord record = ref records[table];
        if (slot < MachineToPhysical.FirstReservedSlot)
        {
            Stale.AreTangled |= record.MapsUpperHalf;
            return;
        }

        bool isFirst = !record.MapsUpperHalf;
        Stale.AreTangled |= isFirst ? record.TypeCount > (record.IsPinned ? 2u : 1u) : _upperSlots[table] != slot;
        _upperSlots[table] = slot;
        MarkUpperHalf(table, FrameType.Level3);
    }

    /// <summary>A present entry now leads from the upper half to <paramref name="table"/>, and so to all below it.</summary>
    public void MarkUpperHalf(ulong table, FrameType level)
    {
        ref FrameRecord record = ref records[table];
        if (record.MapsUpperHalf || record.Type != level)
        {
            return;
        }

        record.MapsUpperHalf = true;
        if (level == FrameType.Level1)
        {
            return;
        }

        foreach (ulong word in frames.Memory.FrameWords(table))
        {
            PageTableEntry entry = new(word);
            if (entry.IsPresent && records.Has(entry.Frame))
            {
                MarkUpperHalf(entry.Frame, level - 1);
            }
        }
    }

    private XenError Validate(ulong frame, FrameType type)
    {
        if (type == FrameType.SegmentDescriptors)
        {
            if (!GuestDescriptor.TryAdmitAll(frames.Memory.FrameWords(frame)))
            {
                return Reject(frame, type, 0, XenError.InvalidArgument);
            }
        }
        else
        {
            XenError error = TakeEntries(frame, type);
            if (error != XenError.None)
            {
                return error;
            }
        }

        records[frame].IsValidated = true;
        return XenError.None;
    }

    private XenError TakeEntries(ulong frame, FrameType level)
    {
        Span<ulong> entries = frames.Memory.FrameWords(frame);
        for (int slot = NextEntry(entries, 0); slot < entries.Length; slot = NextEntry(entries, slot + 1))
        {
            PageTableEntry entry = new(entries[slot]);
            if (!entry.IsPresent || (level == FrameType.Level4 && !IsGuestSlot(slot)))
            {
                continue;
            }

            XenError error = level == FrameType.Level1 ? GetCheckedLeaf(entry) : GetEntry(entry, level, frame);
            if (error != XenError.None)
            {
                return Reject(frame, level, slot, error);
            }

            if (level == FrameType.Level4)
            {
                NotePlace(entry.Frame, slot);
            }
        }

        return XenError.None;
    }

    private XenError Reject(ulong frame, FrameType type, int taken, XenError error)
    {
        ref FrameRecord record = ref records[frame];
        record.DropTypeReference();
        record.BecomeType(FrameType.None, validated: false);
        if (type != FrameType.SegmentDescriptors)
        {
            DropEntries(frame, type, taken);
        }

        return error;
    }

    private void DropEntries(ulong frame, FrameType level, int count)
    {
        Span<ulong> entries = frames.Memory.FrameWords(frame)[..count];
        for (int slot = NextEntry(entries, 0); slot < entries.Length; slot = NextEntry(entries, slot + 1))
        {
            if (level != FrameType.Level4 || IsGuestSlot(slot))
            {
                PutEntry(new PageTableEntry(entries[slot]), level, frame);
            }
        }
    }

    private static int NextEntry(Span<ulong> entries, int from)
    {
        if (from < entries.Length && entries[from] != 0)
        {
            return from;
        }

        int next = entries[from..].IndexOfAnyExcept(0UL);
        return next < 0 ? entries.Length : from + next;
    }

    private XenError GetCheckedLeaf(PageTableEntry entry) =>
        entry.HasDisallowedBits(FrameType.Level1) ? XenError.InvalidArgument : GetLeaf(entry);

    private XenError GetLeaf(PageTableEntry entry)
    {
        ulong frame = entry.Frame;
        if (!records.Has(frame))
        {
            return frame == 0xFF_FFFF_FFFF ? XenError.InvalidArgument
                : frame < frames.Layout.FirstRamFrame ? XenError.Busy : XenError.NotPermitted;
        }

        ref FrameRecord record = ref records[frame];
        if (!record.TryReference())
        {
            return XenError.Busy;
        }

        if (!entry.IsWritable)
        {
            return XenError.None;
        }

        if (GetType(frame, FrameType.Writable) == XenError.None)
        {
            return XenError.None;
        }

        Put(frame);
        return XenError.Busy;
    }

    private void PutLeaf(PageTableEntry entry, OldTranslation old)
    {
        if (entry.IsWritable)
        {
            PutType(entry.Frame, old);
        }
        else if (records[entry.Frame] is { Type: FrameType.SegmentDescriptors, TypeCount: not 0 })
        {
            _ldts.ForEach(static ldt => ldt.Clear());       // the guest means to use the frame otherwise
        }

        Put(entry.Frame);
    }

    /// <summary>A table that maps itself read-only, one level down: a linear page table. It holds no reference.</summary>
    private static bool IsLinear(PageTableEntry entry, FrameType level, ulong table) =>
        level != FrameType.Level1 && entry.Frame == table && !entry.IsWritable;
}
