// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Frames;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Grants;

/// <summary>The grant table of one domain: the frames it lets others use, in either layout.</summary>
/// <remarks>
/// The guest writes entries (frame, domain, flags) into frames it shares with us; whoever uses one pins it here first, which
/// marks the entry as being read or written, so that the guest sees when it may take the grant back.
/// Example: a back end copies a packet: pin for reading, copy out of the frame, unpin.
/// Used by the domain's vCPUs and by back ends of domain 0 on their own threads.
/// State to save: the frames of the table, and what is pinned.
/// </remarks>
public sealed class GrantTable
{
    /// <summary>Most frames the table may have (xl's <c>max_grant_frames</c>).</summary>
    public const int DefaultMaximumFrames = 64;

    /// <summary><c>GNTTAB_NR_RESERVED_ENTRIES</c></summary>
    public const int ReservedEntries = 8;

    /// <summary>Of version 1, which no frame holds more of than.</summary>
    internal const int EntriesPerFrame = PhysicalAddress.PageSize / GrantEntryV1.Size;

    private readonly DomainId _self;
    private readonly FrameTable _frames;
    private readonly GuestMemory _memory;
    private readonly Lock _gate = new();                    // guards the fields below; the frames' gate may be taken inside
    private readonly GrantEntries _entries;
    private readonly GrantMarks _marks;
    private readonly GrantHandles _handles = new();
    private ActiveGrant[] _active = [];

    public GrantTable(DomainId self, FrameTable frames)
    {
        _self = self;
        _frames = frames;
        _memory = frames.Memory;
        _entries = new GrantEntries(frames);
        _marks = new GrantMarks(_entries);
        Grow(1);
    }

    /// <summary>Most frames the table may have.</summary>
    public int MaximumFrames { get; init; } = DefaultMaximumFrames;

    /// <summary>Frames the table has.</summary>
    public int FrameCount
    {
        get
        {
            lock (_gate)
            {
                return _entries.FrameCount;
            }
        }
    }

    /// <summary>Writes an entry that lets domain 0 use a frame, before the guest runs: 0 is the console, 1 xenstore.</summary>
    public void SeedForBackend(GrantRef reference, Mfn frame)
    {
        GrantEntryV1 entry = new()
        {
            Flags = GrantFlags.PermitAccess,
            Domain = DomainId.Zero,
            Frame = checked((uint)frame.Value),
        };
        lock (_gate)
        {
            _memory.TryWrite(_entries.AddressOf(reference), in entry);
        }
    }

    /// <summary>Maps a granted frame for a back end until the mapping is disposed of.</summary>
    public bool TryMap(GrantRef reference, bool readOnly, out GrantMapping? mapping)
    {
        mapping = Pin(reference, DomainId.Zero, readOnly, out Mfn frame) == GrantStatus.Okay
            ? new GrantMapping(this, _memory, reference, frame, readOnly)
            : null;
        return mapping is not null;
    }

    /// <summary>Pins many grants for a back end: all of them, or none. The same grant may be among them more than once.</summary>
    /// <param name="references">The grants.</param>
    /// <param name="readOnly">The back end will only read them.</param>
    /// <param name="frames">Receives their machine frames, one for each.</param>
    public bool TryPin(ReadOnlySpan<GrantRef> references, bool readOnly, Span<Mfn> frames)
    {
        lock (_gate)
        {
            lock (_frames.Gate)
            {
                for (int index = 0; index < references.Length; index++)
                {
                    if (PinLocked(references[index], DomainId.Zero, readOnly, isCopy: false, out frames[index]) != GrantStatus.Okay)
                    {
                        UnpinLocked(references[..index], readOnly);
                        return false;
                    }
                }
            }
        }

        return true;
    }

    /// <summary>Ends one use of each, after <see cref="TryPin"/>.</summary>
    public void Unpin(ReadOnlySpan<GrantRef> references, bool readOnly)
    {
        lock (_gate)
        {
            lock (_frames.Gate)
            {
                UnpinLocked(references, readOnly);
            }
        }
    }

    /// <summary>Copies out of a granted frame, for a back end.</summary>
    /// <returns>false when the range leaves the frame or the guest does not grant it to domain 0.</returns>
    public bool TryCopyFrom(GrantRef reference, int offset, Span<byte> destination)
    {
        if (!FitsInPage(offset, destination.Length) ||
            PinToCopy(reference, DomainId.Zero, readOnly: true, offset, destination.Length, out Mfn frame) != GrantStatus.Okay)
        {
            return false;
        }

        _memory.Frame(frame.Value).Slice(offset, destination.Length).CopyTo(destination);
        Unpin(reference, readOnly: true);
        return true;
    }

    /// <summary>Copies into a granted frame, for a back end.</summary>
    /// <returns>false when the range leaves the frame, or the guest does not grant it to domain 0 for writing.</returns>
    public bool TryCopyTo(GrantRef reference, int offset, ReadOnlySpan<byte> source)
    {
        if (!FitsInPage(offset, source.Length) ||
            PinToCopy(reference, DomainId.Zero, readOnly: false, offset, source.Length, out Mfn frame) != GrantStatus.Okay)
        {
            return false;
        }

        _memory.TryWrite(PhysicalAddress.OfFrame(frame.Value) + (ulong)offset, source);
        Unpin(reference, readOnly: false);
        return true;
    }

    /// <summary><c>GNTTABOP_setup_table</c>: grows the table to at least this many frames.</summary>
    internal bool TryGrow(uint frameCount)
    {
        lock (_gate)
        {
            if (frameCount > (uint)MaximumFrames)
            {
                return false;
            }

            Grow((int)frameCount);
            return true;
        }
    }

    /// <summary>A frame of the table.</summary>
    internal Mfn FrameAt(int index)
    {
        lock (_gate)
        {
            return _entries.FrameAt(index);
        }
    }

    /// <summary>Frames of status words, with the numbers that <see cref="StatusFrameAt"/> takes.</summary>
    internal int StatusFrameCount
    {
        get
        {
            lock (_gate)
            {
                return _entries.StatusFrameCount;
            }
        }
    }

    /// <summary>A frame of status words.</summary>
    internal Mfn StatusFrameAt(int index)
    {
        lock (_gate)
        {
            return _entries.StatusFrameAt(index);
        }
    }

    /// <summary>The layout of entries: <c>GNTTABOP_get_version</c>.</summary>
    internal uint Version
    {
        get
        {
            lock (_gate)
            {
                return _entries.Version;
            }
        }
    }

    /// <summary><c>GNTTABOP_set_version</c></summary>
    /// <param name="version">1 or 2.</param>
    internal XenError SetVersion(uint version)
    {
        lock (_gate)
        {
            if (version == _entries.Version)
            {
                return XenError.None;
            }

            for (int i = 0; i < _active.Length; i++)
            {
                if (_active[i].IsPinned && (i >= ReservedEntries || _active[i].IsPart))
                {
                    // Back ends keep reserved entries mapped; a part of a page is only ever pinned while it is copied.
                    return i < ReservedEntries ? XenError.TryAgain : XenError.Busy;
                }
            }

            return _entries.ChangeVersion(version);
        }
    }

    /// <summary>Marks an entry as in use and keeps its frame.</summary>
    internal GrantStatus Pin(GrantRef reference, DomainId user, bool readOnly, out Mfn frame)
    {
        lock (_gate)
        {
            lock (_frames.Gate)
            {
                return PinLocked(reference, user, readOnly, isCopy: false, out frame);
            }
        }
    }

    /// <summary>As <see cref="Pin"/>, for a copy of some bytes, which a grant of a part of a page allows as well.</summary>
    internal GrantStatus PinToCopy(GrantRef reference, DomainId user, bool readOnly, int offset, int length, out Mfn frame)
    {
        lock (_gate)
        {
            lock (_frames.Gate)
            {
                GrantStatus status = PinLocked(reference, user, readOnly, isCopy: true, out frame);
                if (status == GrantStatus.Okay && _active[reference.Value] is { IsPart: true } part
                    && (offset < part.Start || offset + length > part.Start + part.Length))
                {
                    UnpinLocked([reference], readOnly);
                    status = GrantStatus.GeneralError;
                }

                return status;
            }
        }
    }

    /// <summary>Ends one use of an entry.</summary>
    internal void Unpin(GrantRef reference, bool readOnly) => Unpin([reference], readOnly);

    private GrantStatus PinLocked(GrantRef reference, DomainId user, bool readOnly, bool isCopy, out Mfn frame)
    {
        frame = Mfn.Invalid;
        if (reference.Value >= (uint)_entries.Count)
        {
            return GrantStatus.BadReference;
        }

        ref ActiveGrant active = ref _active[reference.Value];
        if (active.IsPinned && (active.User != user || (active.IsPart && !isCopy)
            || Math.Max(active.Readers, active.Writers) == int.MaxValue))
        {
            return GrantStatus.GeneralError;
        }

        GrantStatus status = _marks.TryAdd(reference, in active, user, readOnly, isCopy, out GrantFlags flags);
        if (status != GrantStatus.Okay)
        {
            return status;
        }

        if (!active.IsPinned)
        {
            active.IsPart = (flags & GrantFlags.SubPage) != 0;
            (active.Start, active.Length) = active.IsPart ? _entries.PartOf(reference) : (0, PhysicalAddress.PageSize);
            active.Frame = _entries.FrameOf(reference);
            active.User = user;
        }

        if (!TryHoldLocked(active.Frame, readOnly))
        {
            ClearMarks(reference, ref active);
            return GrantStatus.GeneralError;
        }

        active.Readers += readOnly ? 1 : 0;
        active.Writers += readOnly ? 0 : 1;
        frame = new Mfn(active.Frame);
        return GrantStatus.Okay;
    }

    private void UnpinLocked(ReadOnlySpan<GrantRef> references, bool readOnly)
    {
        foreach (GrantRef reference in references)
        {
            ref ActiveGrant active = ref _active[reference.Value];
            active.Readers -= readOnly ? 1 : 0;
            active.Writers -= readOnly ? 0 : 1;
            ReleaseLocked(active.Frame, readOnly);
            ClearMarks(reference, ref active);
        }
    }

    /// <summary>Gives a mapped grant a handle. Each holds a pin, so there are no more than pins can count.</summary>
    internal uint Track(TrackedGrant grant)
    {
        lock (_gate)
        {
            return _handles.Add(grant);
        }
    }

    internal bool TryFind(uint handle, out TrackedGrant grant)
    {
        lock (_gate)
        {
            return _handles.TryFind(handle, out grant);
        }
    }

    internal void Replace(uint handle, TrackedGrant grant)
    {
        lock (_gate)
        {
            _handles.Replace(handle, grant);
        }
    }

    internal void Untrack(uint handle)
    {
        lock (_gate)
        {
            _handles.Remove(handle);
        }
    }

    /// <summary><c>GNTTABOP_swap_grant_ref</c></summary>
    internal GrantStatus Swap(GrantRef first, GrantRef second)
    {
        lock (_gate)
        {
            if (first.Value >= (uint)_entries.Count || second.Value >= (uint)_entries.Count)
            {
                return GrantStatus.BadReference;
            }

            if (first == second)
            {
                return GrantStatus.Okay;
            }

            if (_active[first.Value].IsPinned || _active[second.Value].IsPinned)
            {
                return GrantStatus.TryAgain;
            }

            _entries.Swap(first, second);
            return GrantStatus.Okay;
        }
    }

    private static bool FitsInPage(int offset, int length) =>
        (uint)offset <= PhysicalAddress.PageSize && length <= PhysicalAddress.PageSize - offset;

    private void ClearMarks(GrantRef reference, ref ActiveGrant active)
    {
        _marks.ClearUnused(reference, in active);
        active = active.IsPinned ? active : default;
    }

    private bool TryHoldLocked(ulong frame, bool readOnly) =>
        readOnly
            ? _frames.References.TryGet(frame)
            : _frames.References.GetTyped(frame, FrameType.Writable) == XenError.None;

    private void ReleaseLocked(ulong frame, bool readOnly)
    {
        if (readOnly)
        {
            _frames.References.Put(frame);
        }
        else
        {
            _frames.References.PutTyped(frame, OldTranslation.None);
        }
    }

    private void Grow(int frameCount)
    {
        _entries.Grow(frameCount);
        if (_active.Length < _entries.FrameCount * EntriesPerFrame)
        {
            Array.Resize(ref _active, _entries.FrameCount * EntriesPerFrame);
        }
    }

    /// <summary>The domain's own number, which grants towards itself carry.</summary>
    internal DomainId Self => _self;
}
