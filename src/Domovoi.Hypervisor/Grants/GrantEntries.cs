// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Frames;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Grants;

/// <summary>The frames that a guest writes its grants into, and where the parts of an entry lie in them.</summary>
/// <remarks>
/// Version 1 keeps the marks of use in the entry's own flags, version 2 in status words in frames of their own. Status frames
/// stay with the domain for good, but nobody may map them while version 1 is in use.
/// Guarded by the grant table's gate; the frames' gate may be taken inside.
/// </remarks>
internal sealed class GrantEntries(FrameTable frames)
{
    private const int StatusSize = 2;
    private const int StatusesPerFrame = PhysicalAddress.PageSize / StatusSize;

    private readonly GuestMemory _memory = frames.Memory;
    private readonly List<Mfn> _table = [];
    private readonly List<Mfn> _status = [];
    private int _offered;                                       // of _status

    /// <summary>The layout in use: 1 or 2.</summary>
    public uint Version { get; private set; } = 1;

    public int FrameCount => _table.Count;

    /// <summary>Frames of status words; none in version 1.</summary>
    public int StatusFrameCount => Version == 2 ? _offered : 0;

    /// <summary>Entries that there is room for.</summary>
    public int Count => _table.Count * EntriesPerFrame;

    private int EntriesPerFrame => PhysicalAddress.PageSize / EntrySize;

    private int EntrySize => Version == 1 ? GrantEntryV1.Size : GrantEntryV2.Size;

    public Mfn FrameAt(int index) => _table[index];

    public Mfn StatusFrameAt(int index) => _status[index];

    /// <summary>Where an entry begins: flags and domain, in both versions.</summary>
    public PhysicalAddress AddressOf(GrantRef reference) =>
        PhysicalAddress.OfFrame(_table[(int)(reference.Value / EntriesPerFrame)].Value) +
        (ulong)(reference.Value % EntriesPerFrame * EntrySize);

    /// <summary>Flags and domain, in one word that can be changed at once.</summary>
    public ref uint Head(GrantRef reference) => ref _memory.Shared<uint>(AddressOf(reference));

    /// <summary>The frame number as it stands in the entry.</summary>
    public ulong FrameOf(GrantRef reference) => Version == 1
        ? Volatile.Read(ref _memory.Shared<uint>(AddressOf(reference) + 4))
        : Volatile.Read(ref _memory.Shared<ulong>(AddressOf(reference) + 8));

    /// <summary>The bytes of its frame that an entry grants, read once.</summary>
    public (int Start, int Length) PartOf(GrantRef reference)
    {
        uint part = Volatile.Read(ref _memory.Shared<uint>(AddressOf(reference) + 4));
        return ((ushort)part, (int)(part >> 16));
    }

    /// <summary>Copies an entry of version 2 out.</summary>
    public GrantEntryV2 Read(GrantRef reference)
    {
        _memory.TryRead(AddressOf(reference), out GrantEntryV2 entry);
        return entry;
    }

    /// <summary>Sets marks of use in version 2.</summary>
    public void AddStatus(GrantRef reference, GrantFlags marks) =>
        Interlocked.Or(ref StatusPair(reference, out int shift), (uint)marks << shift);

    /// <summary>Clears marks of use, in both versions.</summary>
    public void ClearMarks(GrantRef reference, GrantFlags marks)
    {
        if (Version == 1)
        {
            Interlocked.And(ref Head(reference), ~(uint)marks);
        }
        else
        {
            Interlocked.And(ref StatusPair(reference, out int shift), ~((uint)marks << shift));
        }
    }

    public void Grow(int frameCount)
    {
        while (_table.Count < frameCount)
        {
            _table.Add(frames.AllocateXenFrame(FrameOwner.Shared));
        }

        if (Version == 2)
        {
            OfferStatus();
        }
    }

    public void Swap(GrantRef first, GrantRef second)
    {
        Span<byte> left = Bytes(first);
        Span<byte> right = Bytes(second);
        Span<byte> kept = stackalloc byte[GrantEntryV2.Size];
        left.CopyTo(kept);
        right.CopyTo(left);
        kept[..right.Length].CopyTo(right);
        if (Version == 2)
        {
            (GrantFlags one, GrantFlags two) = (StatusOf(first), StatusOf(second));
            ClearMarks(first, one);
            ClearMarks(second, two);
            AddStatus(first, two);
            AddStatus(second, one);
        }
    }

    /// <summary>Changes the layout; the reserved entries, which back ends have mapped, keep their meaning, all others are cleared.</summary>
    /// <returns>An error when version 1 cannot say what a reserved entry says, or a status frame is still mapped.</returns>
    public XenError ChangeVersion(uint version)
    {
        Span<GrantEntryV2> kept = stackalloc GrantEntryV2[GrantTable.ReservedEntries];
        Span<GrantFlags> marks = stackalloc GrantFlags[GrantTable.ReservedEntries];
        if (!TryReadReserved(kept, marks))
        {
            return XenError.OutOfRange;
        }

        if (version == 1 && !frames.TryWithdraw([.. _status[.._offered]]))
        {
            return XenError.Busy;
        }

        foreach (Mfn frame in _table)
        {
            _memory.Frame(frame.Value).Clear();
        }

        Version = version;
        _offered = 0;
        if (version == 2)
        {
            OfferStatus();
        }

        WriteReserved(kept, marks);
        return XenError.None;
    }

    private Span<byte> Bytes(GrantRef reference)
    {
        PhysicalAddress address = AddressOf(reference);
        return _memory.Frame(address.Frame).Slice((int)(address.Value & (PhysicalAddress.PageSize - 1)), EntrySize);
    }

    /// <summary>Two status words that share an aligned 32 bits.</summary>
    private ref uint StatusPair(GrantRef reference, out int shift)
    {
        shift = (int)(reference.Value & 1) * 16;
        Mfn frame = _status[(int)(reference.Value / StatusesPerFrame)];
        return ref _memory.Shared<uint>(
            PhysicalAddress.OfFrame(frame.Value) + (ulong)((reference.Value & ~1u) % StatusesPerFrame * StatusSize));
    }

    private GrantFlags StatusOf(GrantRef reference) =>
        (GrantFlags)(Volatile.Read(ref StatusPair(reference, out int shift)) >> shift);

    private void OfferStatus()
    {
        int needed = (Count + StatusesPerFrame - 1) / StatusesPerFrame;
        for (; _offered < needed; _offered++)
        {
            if (_offered == _status.Count)
            {
                _status.Add(frames.AllocateXenFrame(FrameOwner.Shared));
                continue;
            }

            _memory.Frame(_status[_offered].Value).Clear();
            frames.OfferAgain(_status[_offered]);
        }
    }

    /// <summary>The reserved entries in the form of version 2, with their marks apart.</summary>
    private bool TryReadReserved(Span<GrantEntryV2> entries, Span<GrantFlags> marks)
    {
        const GrantFlags used = GrantFlags.Reading | GrantFlags.Writing;
        for (int i = 0; i < entries.Length; i++)
        {
            GrantRef reference = new((uint)i);
            if (Version == 1)
            {
                _memory.TryRead(AddressOf(reference), out GrantEntryV1 entry);
                marks[i] = entry.Flags & used;
                entries[i] = new GrantEntryV2 { Flags = entry.Flags & ~used, Domain = entry.Domain, Frame = entry.Frame };
                continue;
            }

            entries[i] = Read(reference);
            marks[i] = StatusOf(reference) & used;
            GrantFlags type = entries[i].Flags & GrantFlags.TypeMask;
            if (type == GrantFlags.Transitive || (type == GrantFlags.PermitAccess && entries[i].Frame >> 32 != 0))
            {
                return false;
            }

            entries[i] = type == GrantFlags.PermitAccess ? entries[i] : default;
        }

        return true;
    }

    private void WriteReserved(ReadOnlySpan<GrantEntryV2> entries, ReadOnlySpan<GrantFlags> marks)
    {
        for (int i = 0; i < entries.Length; i++)
        {
            GrantRef reference = new((uint)i);
            GrantEntryV2 entry = entries[i];
            if (Version == 2)
            {
                _memory.TryWrite(AddressOf(reference), new GrantEntryV2 { Flags = entry.Flags, Domain = entry.Domain, Frame = entry.Frame });
                AddStatus(reference, marks[i]);
            }
            else
            {
                _memory.TryWrite(
                    AddressOf(reference),
                    new GrantEntryV1 { Flags = entry.Flags | marks[i], Domain = entry.Domain, Frame = (uint)entry.Frame });
            }
        }
    }
}
