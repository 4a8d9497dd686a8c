// SPDX-License-Identifier: MIT
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Frames;

/// <summary>Owner, type and reference counts of every machine frame, and the machine-to-physical table.</summary>
/// <remarks>
/// Every page table the guest uses is validated: each present entry holds a reference on its target, and a writable
/// leaf also one of type <see cref="FrameType.Writable"/>. As a frame has one type at a time, no page table is ever
/// mapped writable. Counts change only under <see cref="Gate"/>; hypercalls hold it for a batch, back ends for a moment.
/// Example: pinning a new process's top-level table walks down its tree once, and every leaf it meets counts one up.
/// State to save: the layout, the records, the free frames; guest memory holds the rest.
/// </remarks>
public sealed class FrameTable
{
    private readonly FrameRecords _records;
    private readonly FreeFrames _free;
    private ulong _nextSpare;

    /// <summary>Lays the table over <paramref name="memory"/>, which must hold the layout's frames and be zero.</summary>
    public FrameTable(GuestMemory memory, FrameLayout layout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(memory.FrameCount, layout.TotalFrames);
        Memory = memory;
        Layout = layout;
        _records = new FrameRecords(layout);
        _free = new FreeFrames(layout);
        _nextSpare = layout.FirstSpareFrame;
        ulong behindSpare = layout.FirstSpareFrame + FrameLayout.SpareFrames;
        _records.FillFrom(behindSpare, FrameRecord.Owned(FrameOwner.Hypervisor, FrameType.None));
        MachineToPhysical = new MachineToPhysical(memory, behindSpare, behindSpare);
        References = new FrameReferences(this, _records);
        Reservation = new Reservation(this);
        MaximumPages = layout.RamFrames;
    }

    public GuestMemory Memory { get; }

    /// <summary>How often a segment descriptor or a GDT changed. Written with <see cref="Gate"/> held.</summary>
    internal long DescriptorChanges { get; set; }

    public FrameLayout Layout { get; }

    public MachineToPhysical MachineToPhysical { get; }

    /// <summary>Frames the domain holds: <c>XENMEM_current_reservation</c>.</summary>
    public ulong CurrentPages { get; private set; }

    /// <summary>Frames the domain may hold: <c>XENMEM_maximum_reservation</c>.</summary>
    public ulong MaximumPages { get; set; }

    /// <summary>One above the highest frame the guest can own: <c>XENMEM_maximum_ram_page</c>.</summary>
    public ulong EndOfRam => Layout.FirstSpareFrame;

    /// <summary>Guards every record, the free list and the machine-to-physical table.</summary>
    internal Lock Gate { get; } = new();

    internal FrameReferences References { get; }

    /// <summary>Ballooning and exchanges.</summary>
    internal Reservation Reservation { get; }

    /// <summary>Gives the domain a zeroed RAM frame for <paramref name="pfn"/> and enters it in the machine-to-physical table.</summary>
    /// <exception cref="InvalidOperationException">The domain already holds all the RAM of its layout.</exception>
    public Mfn AllocateRam(Pfn pfn)
    {
        lock (Gate)
        {
            if (!TryAllocateRamLocked(out Mfn frame))
            {
                throw new InvalidOperationException($"The layout holds only {Layout.RamFrames} frames of RAM.");
            }

            MachineToPhysical[frame] = pfn.Value;
            return frame;
        }
    }

    /// <summary>Takes a zeroed frame of the hypervisor's; <see cref="FrameOwner.Shared"/> ones may be mapped by the guest.</summary>
    public Mfn AllocateXenFrame(FrameOwner owner)
    {
        lock (Gate)
        {
            if (_nextSpare == Layout.FirstSpareFrame + FrameLayout.SpareFrames)
            {
                throw new InvalidOperationException("No spare hypervisor frame is left.");
            }

            ulong frame = _nextSpare++;
            FrameType type = owner == FrameOwner.Shared ? FrameType.Writable : FrameType.None;
            _records[frame] = FrameRecord.Owned(owner, type);
            return new Mfn(frame);
        }
    }

    /// <summary>Takes shared frames of the hypervisor's away from the guest: all, or none when one of them is still mapped.</summary>
    internal bool TryWithdraw(ReadOnlySpan<Mfn> frames)
    {
        lock (Gate)
        {
            foreach (Mfn frame in frames)
            {
                if (_records[frame.Value].References > 1)
                {
                    return false;
                }
            }

            foreach (Mfn frame in frames)
            {
                _records[frame.Value] = FrameRecord.Owned(FrameOwner.Hypervisor, FrameType.None);
            }

            return true;
        }
    }

    /// <summary>Lets the guest map a frame that was taken away from it.</summary>
    internal void OfferAgain(Mfn frame)
    {
        lock (Gate)
        {
            _records[frame.Value] = FrameRecord.Owned(FrameOwner.Shared, FrameType.Writable);
        }
    }

    /// <summary>Whose a frame is, and as what it is used; for reports and tests.</summary>
    public (FrameOwner Owner, FrameType Type, uint TypeCount, uint References, bool IsPinned) Describe(Mfn frame)
    {
        lock (Gate)
        {
            FrameRecord record = _records.Has(frame.Value) ? _records[frame.Value] : default;
            return (record.Owner, record.Type, record.TypeCount, record.References, record.IsPinned);
        }
    }

    /// <summary>Enters a frame in the machine-to-physical table; false when it is not the guest's.</summary>
    public bool SetPfnOfFrame(Mfn frame, Pfn pfn)
    {
        lock (Gate)
        {
            return SetPfnOfFrameLocked(frame, pfn.Value);
        }
    }

    /// <summary>Keeps a frame the guest named in place and writable, for as long as the hypervisor writes to it.</summary>
    internal bool TryHoldWritable(Mfn frame)
    {
        lock (Gate)
        {
            return References.GetTyped(frame.Value, FrameType.Writable) == XenError.None;
        }
    }

    /// <summary>Ends <see cref="TryHoldWritable"/>.</summary>
    internal void ReleaseWritable(Mfn frame)
    {
        lock (Gate)
        {
            References.PutTyped(frame.Value, OldTranslation.None);
        }
    }

    /// <summary>Sets or clears a frame's pin; false when it was so already.</summary>
    internal bool TrySetPinnedLocked(Mfn frame, bool pinned)
    {
        ref FrameRecord record = ref _records[frame.Value];
        if (record.IsPinned == pinned)
        {
            return false;
        }

        record.IsPinned = pinned;
        return true;
    }

    internal bool SetPfnOfFrameLocked(Mfn frame, ulong pfn)
    {
        if (!References.IsGuestVisible(frame.Value))
        {
            return false;
        }

        MachineToPhysical[frame] = pfn;
        return true;
    }

    internal bool TryAllocateRamLocked(out Mfn frame) => TryAllocateRamLocked(1, out frame);

    /// <summary>Allocates consecutive frames.</summary>
    internal bool TryAllocateRamLocked(ulong count, out Mfn first)
    {
        if (!_free.TryTake(count, out ulong frame))
        {
            first = Mfn.Invalid;
            return false;
        }

        first = new Mfn(frame);
        for (ulong index = 0; index < count; index++)
        {
            ref FrameRecord record = ref _records[frame + index];
            record = FrameRecord.Owned(FrameOwner.Guest, FrameType.None);
            record.IsAllocated = true;
        }

        CurrentPages += count;
        return true;
    }

    /// <summary>Takes a RAM frame from the domain; its memory goes back to the host once nothing refers to it.</summary>
    internal bool TryReleaseRamLocked(Mfn frame)
    {
        if (!_records.Has(frame.Value))
        {
            return false;
        }

        ref FrameRecord record = ref _records[frame.Value];
        if (record.Owner != FrameOwner.Guest || !record.IsAllocated)
        {
            return false;
        }

        record.IsAllocated = false;
        CurrentPages--;
        MachineToPhysical[frame] = MachineToPhysical.InvalidEntry;
        References.Put(frame.Value);
        return true;
    }

    /// <summary>The last reference to a RAM frame went.</summary>
    internal void Free(ulong frame)
    {
        if (_records[frame].Owner != FrameOwner.Guest)
        {
            return;
        }

        _records[frame] = default;
        Memory.Discard(frame);
        _free.Add(frame);
    }
}
