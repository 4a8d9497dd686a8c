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
    private ulong[]? _staleSince;                           // by record; with one processor each flush is everybody's

    /// <summary>Level 4 slots the guest may use: all but the hypervisor's.</summary>
    public static bool IsGuestSlot(int slot) =>
        slot is < MachineToPhysical.FirstReservedSlot or > MachineToPhysical.LastReservedSlot;

    /// <summary>
    /// A frame that may still be written through a forgotten translation became a table: the owner of the processors
    /// must flush those that have not flushed since <see cref="OwedSince"/> before the guest runs on, and clear this.
    /// </summary>
    public bool FlushIsOwed { get; set; }

    /// <summary>What <see cref="FlushClock"/> was when the last of those frames lost its writable mappings.</summary>
    public ulong OwedSince { get; set; }

    /// <summary>Counts flushes of processors (<c>tlbflush_clock</c>).</summary>
    public ulong FlushClock { get; set; }

    /// <summary>Counts changes after which a processor's translations of the upper half may be wrong.</summary>
    public ulong UpperHalfChanges { get; set; }

    /// <summary>Some table maps page tables as memory, so that an address may change with any of them.</summary>
    public bool HasLinearTables { get; private set; }

    /// <summary>Makes another vCPU's LDT known, before the guest runs.</summary>
    public LdtShadow NewLdt()
    {
        _ldts.Add(new LdtShadow(this));
        return _ldts[^1];
    }

    /// <summary>Several processors flush each for itself: from now on it is known since when a frame may be stale.</summary>
    public void TellProcessorsApart() => _staleSince ??= new ulong[records.Count];

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
    /// <param name="translationForgotten">The caller has seen to it that no processor can write through an old translation.</param>
    public void PutTyped(ulong frame, bool translationForgotten = false)
    {
        PutType(frame, translationForgotten);
        Put(frame);
    }

    /// <summary><c>get_page_type</c> of a frame the caller holds a reference on.</summary>
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
        if (isTable && record.MayBeStale)
        {
            record.MayBeStale = false;
            FlushIsOwed = true;
            OwedSince = Math.Max(OwedSince, _staleSince?[records.IndexOf(frame)] ?? ulong.MaxValue);
        }

        record.BecomeType(type, validated: !isTable);
        record.AddTypeReference();
        return isTable ? Validate(frame, type) : XenError.None;
    }

    /// <summary><c>put_page_type</c></summary>
    public void PutType(ulong frame, bool translationForgotten = false)
    {
        ref FrameRecord record = ref records[frame];
        if (!record.DropTypeReference())
        {
            return;
        }

        FrameType type = record.Type;
        if (type == FrameType.Writable)
        {
            NoteStale(frame, ref record, translationForgotten);
            return;
        }

        record.BecomeType(FrameType.None, validated: false);
        if (type is >= FrameType.Level1 and <= FrameType.Level4)
        {
            DropEntries(frame, type, 512);
        }
    }

    private void NoteStale(ulong frame, ref FrameRecord record, bool translationForgotten)
    {
        if (!translationForgotten)
        {
            record.MayBeStale = true;
            if (_staleSince is not null)
            {
                _staleSince[records.IndexOf(frame)] = FlushClock;
            }
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
            HasLinearTables = true;
            return XenError.None;
        }

        return GetTyped(entry.Frame, level - 1);
    }

    /// <summary>Drops what one entry of a table referred to.</summary>
    public void PutEntry(PageTableEntry entry, FrameType level, ulong table, bool translationForgotten = false)
    {
        if (!entry.IsPresent || !records.Has(entry.Frame))
        {
            return;
        }

        if (level == FrameType.Level1)
        {
            PutLeaf(entry, translationForgotten);
        }
        else if (!IsLinear(entry, level, table))
        {
            PutTyped(entry.Frame);
        }
    }

    /// <summary>Whether an entry of a table may map addresses of the upper half.</summary>
    public bool MapsUpperHalf(ulong table, FrameType level, int slot) =>
        level == FrameType.Level4 ? slot > MachineToPhysical.LastReservedSlot : records[table].MapsUpperHalf;

    /// <summary>Whether only one table refers to this one.</summary>
    public bool HasOneParent(ulong table) =>
        records[table].TypeCount - (records[table].IsPinned ? 1u : 0u) == 1;

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

            if (level == FrameType.Level4 && slot > MachineToPhysical.LastReservedSlot)
            {
                MarkUpperHalf(entry.Frame, FrameType.Level3);
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

    private void PutLeaf(PageTableEntry entry, bool translationForgotten)
    {
        if (entry.IsWritable)
        {
            PutType(entry.Frame, translationForgotten);
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
