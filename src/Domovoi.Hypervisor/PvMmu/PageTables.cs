// SPDX-License-Identifier: MIT
using Domovoi.Cpu;
using Domovoi.Cpu.State;
using Domovoi.Hypervisor.Frames;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.PvMmu;

/// <summary>The page tables of a paravirtualized domain: which are validated, which a processor uses, who must forget what.</summary>
/// <remarks>
/// The guest builds tables in ordinary memory, gives up its writable mappings of them, and pins them; from then on it
/// changes them by hypercall or by stores that we emulate. Example: fork pins the child's level 4 table, which validates
/// the tree below; a page fault in the child is one <see cref="UpdateVaMapping"/>; exit unpins.
/// Runs on the calling vCPU's thread; the frames' gate is held for each call.
/// </remarks>
public sealed class PageTables(FrameTable frames)
{
    /// <summary>Updates applied under one hold of the gate, so that back ends get their turn.</summary>
    private const int LargestStretch = 64;

    private readonly PageTableUpdates _updates = new(frames);
    private readonly FrameReferences _references = frames.References;
    private readonly TlbShootdown _shootdown = new(frames.References.Stale);

    /// <summary>Makes a processor known, in the order of their numbers, before the guest runs.</summary>
    public AddressSpace Attach(VirtualCpu cpu) => _shootdown.Attach(cpu);

    /// <summary>The address space of a processor that was attached.</summary>
    public AddressSpace SpaceOf(int vcpu) => _shootdown.Spaces[vcpu];

    /// <summary><c>MMUEXT_PIN_L1_TABLE</c> to <c>MMUEXT_PIN_L4_TABLE</c>: validates the table and all below.</summary>
    public XenError Pin(Mfn table, int level)
    {
        lock (frames.Gate)
        {
            XenError error = _references.GetTyped(table.Value, FrameType.Level1 + (level - 1));
            if (error == XenError.None && !frames.TrySetPinnedLocked(table, true))
            {
                _references.PutTyped(table.Value);
                error = XenError.InvalidArgument;
            }

            return error;
        }
    }

    /// <summary><c>MMUEXT_UNPIN_TABLE</c></summary>
    public XenError Unpin(Mfn table)
    {
        lock (frames.Gate)
        {
            if (!_references.IsGuestVisible(table.Value) || !frames.TrySetPinnedLocked(table, false))
            {
                return XenError.InvalidArgument;
            }

            _references.PutTyped(table.Value);
            return XenError.None;
        }
    }

    /// <summary><c>MMUEXT_NEW_BASEPTR</c>, CR3: also flushes.</summary>
    public XenError SetKernelRoot(AddressSpace space, Mfn root)
    {
        lock (frames.Gate)
        {
            if (space.KernelRoot != root)
            {
                XenError error = _references.GetTyped(root.Value, FrameType.Level4);
                if (error != XenError.None)
                {
                    return error;
                }

                if (space.KernelRoot == Mfn.Invalid || !_updates.SharesUpperHalf(space.KernelRoot, root))
                {
                    _references.Stale.NoteChange(page: null);
                }

                DropRoot(space.KernelRoot);
                space.KernelRoot = root;
                space.Cpu.SetRoot(CpuMode.Kernel, PhysicalAddress.OfFrame(root.Value));
            }

            _shootdown.Flush(space);
            return XenError.None;
        }
    }

    /// <summary><c>MMUEXT_NEW_USER_BASEPTR</c>; frame 0 means none.</summary>
    public XenError SetUserRoot(AddressSpace space, Mfn root)
    {
        Mfn wanted = root.Value == 0 ? Mfn.Invalid : root;
        lock (frames.Gate)
        {
            if (space.UserRoot == wanted)
            {
                return XenError.None;
            }

            XenError error = wanted == Mfn.Invalid ? XenError.None : _references.GetTyped(root.Value, FrameType.Level4);
            if (error != XenError.None)
            {
                return error;
            }

            DropRoot(space.UserRoot);
            space.UserRoot = wanted;
            space.Cpu.SetRoot(CpuMode.User, PhysicalAddress.OfFrame(root.Value));
            _shootdown.Flush(space);
            return XenError.None;
        }
    }

    /// <summary><c>__HYPERVISOR_mmu_update</c>: applies requests until one fails.</summary>
    /// <param name="requests">A copy the guest cannot change.</param>
    /// <param name="done">Requests that succeeded.</param>
    public XenError Update(ReadOnlySpan<MmuUpdateRequest> requests, out int done)
    {
        done = 0;
        while (done < requests.Length)
        {
            int end = Math.Min(requests.Length, done + LargestStretch);
            lock (frames.Gate)
            {
                for (; done < end; done++)
                {
                    XenError error = _updates.Apply(in requests[done]);
                    if (error != XenError.None)
                    {
                        return error;
                    }
                }
            }
        }

        return XenError.None;
    }

    /// <summary><c>__HYPERVISOR_update_va_mapping</c>, less the flush the caller asks for.</summary>
    public XenError UpdateVaMapping(AddressSpace space, ulong linear, ulong entry)
    {
        lock (frames.Gate)
        {
            return _updates.TryFindLeaf(space.KernelRoot, linear, out ulong table, out int slot, out ulong? page)
                ? _updates.Change(table, slot, FrameType.Level1, new PageTableEntry(entry), page: page)
                : XenError.InvalidArgument;
        }
    }

    /// <summary><c>MMUEXT_CLEAR_PAGE</c></summary>
    public XenError ClearPage(Mfn frame)
    {
        if (!frames.TryHoldWritable(frame))
        {
            return XenError.InvalidArgument;
        }

        frames.Memory.Frame(frame.Value).Clear();
        FinishPageWrite(frame);
        return XenError.None;
    }

    /// <summary><c>MMUEXT_COPY_PAGE</c></summary>
    public XenError CopyPage(Mfn destination, Mfn source)
    {
        lock (frames.Gate)
        {
            if (!_references.TryGet(source.Value))
            {
                return XenError.InvalidArgument;
            }
        }

        bool held = frames.TryHoldWritable(destination);
        if (held)
        {
            frames.Memory.Frame(source.Value).CopyTo(frames.Memory.Frame(destination.Value));
            FinishPageWrite(destination);
        }

        lock (frames.Gate)
        {
            _references.Put(source.Value);
        }

        return held ? XenError.None : XenError.InvalidArgument;
    }

    /// <summary><c>MMUEXT_TLB_FLUSH_*</c>: every processor whose bit is set forgets all translations.</summary>
    public void Flush(ulong vcpus)
    {
        lock (frames.Gate)
        {
            _shootdown.Flush(vcpus);
        }
    }

    /// <summary><c>MMUEXT_INVLPG_*</c>: every processor whose bit is set forgets one page.</summary>
    public void Invalidate(ulong vcpus, ulong linear)
    {
        lock (frames.Gate)
        {
            _shootdown.Invalidate(vcpus, linear);
        }
    }

    /// <summary>Maps a granted frame at a linear address, or in the entry at a machine address.</summary>
    internal bool TryMapGrant(AddressSpace space, ulong address, Mfn frame, GrantMapFlags flags)
    {
        lock (frames.Gate)
        {
            return TryFindEntry(space, address, flags, out ulong table, out int slot) &&
                _updates.Change(table, slot, FrameType.Level1, GrantEntry.Of(frame, flags)) == XenError.None;
        }
    }

    /// <summary>Removes such a mapping if it is still there, or puts the entry that maps <paramref name="newAddress"/> in its place.</summary>
    internal bool TryUnmapGrant(AddressSpace space, ulong address, ulong newAddress, Mfn frame, GrantMapFlags flags)
    {
        lock (frames.Gate)
        {
            if (!TryFindEntry(space, address, flags, out ulong table, out int slot) ||
                !GrantEntry.Of(frame, flags).HoldsSameReferences(new PageTableEntry(frames.Memory.FrameWords(table)[slot])))
            {
                return false;
            }

            PageTableEntry moved = default;
            if (newAddress != 0)
            {
                if ((flags & GrantMapFlags.ContainsPageTableEntry) != 0 ||
                    !_updates.TryFindLeaf(space.KernelRoot, newAddress, out ulong source, out int sourceSlot))
                {
                    return false;
                }

                moved = new PageTableEntry(frames.Memory.FrameWords(source)[sourceSlot]);
                if (_updates.Change(table, slot, FrameType.Level1, moved) != XenError.None)
                {
                    return false;
                }

                table = source;
                slot = sourceSlot;
            }

            _updates.Change(table, slot, FrameType.Level1, default);
            _shootdown.Flush(ulong.MaxValue);
            return true;
        }
    }

    private bool TryFindEntry(AddressSpace space, ulong address, GrantMapFlags flags, out ulong table, out int slot)
    {
        if ((flags & GrantMapFlags.ContainsPageTableEntry) == 0)
        {
            return _updates.TryFindLeaf(space.KernelRoot, address, out table, out slot);
        }

        table = address >> PhysicalAddress.PageShift;
        slot = (int)(address & 0xFFF) / 8;
        return address % 8 == 0 && _references.IsGuestVisible(table) && _references.IsTable(table, FrameType.Level1);
    }

    internal PageTableUpdates Updates => _updates;

    /// <summary>The frame that the kernel's tables map at a linear address.</summary>
    internal bool TryFindFrameLocked(AddressSpace space, ulong linear, out Mfn frame)
    {
        bool found = _updates.TryFindLeaf(space.KernelRoot, linear, out ulong table, out int slot);
        PageTableEntry entry = found ? new PageTableEntry(frames.Memory.FrameWords(table)[slot]) : default;
        frame = new Mfn(entry.Frame);
        return entry.IsPresent;
    }

    private void FinishPageWrite(Mfn frame)
    {
        frames.Memory.ReportCodeWrites(PhysicalAddress.OfFrame(frame.Value), PhysicalAddress.PageSize);
        frames.ReleaseWritable(frame);
    }

    private void DropRoot(Mfn root)
    {
        if (root != Mfn.Invalid)
        {
            _references.PutTyped(root.Value);
        }
    }
}
