// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Frames;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.PvMmu;

/// <summary>A domain's memory and page tables without processors. Machine frames are scattered: none equals its guest frame.</summary>
internal sealed class TableGuest : IDisposable
{
    public const ulong Flags = PageTableEntry.Present | PageTableEntry.User;
    public const ulong Writable = Flags | PageTableEntry.Writable;

    private readonly List<Mfn> _frames = [];

    public TableGuest(ulong ramFrames = 97)
    {
        FrameLayout layout = new(ramFrames, firstRamFrame: 1000, stride: 31);
        Memory = new GuestMemory(layout.TotalFrames);
        Frames = new FrameTable(Memory, layout);
        Tables = new PageTables(Frames);
    }

    public GuestMemory Memory { get; }

    public FrameTable Frames { get; }

    public PageTables Tables { get; }

    /// <summary>The frames allocated so far, by guest frame number.</summary>
    public IReadOnlyList<Mfn> Ram => _frames;

    public Mfn NewFrame()
    {
        _frames.Add(Frames.AllocateRam(new Pfn((ulong)_frames.Count)));
        return _frames[^1];
    }

    /// <summary>Writes an entry as the guest does before a table is pinned.</summary>
    public void Poke(Mfn table, int slot, Mfn target, ulong flags = Writable) =>
        Memory.FrameWords(table.Value)[slot] = PageTableEntry.Of(target.Value, flags).Value;

    public PageTableEntry Peek(Mfn table, int slot) => new(Memory.FrameWords(table.Value)[slot]);

    /// <summary>One <c>__HYPERVISOR_mmu_update</c> request.</summary>
    public XenError Update(Mfn table, int slot, ulong value, MmuUpdateCommand command = MmuUpdateCommand.Normal)
    {
        MmuUpdateRequest request = new()
        {
            Pointer = (table.Value << 12) + ((ulong)slot * 8) + (ulong)command,
            Value = value,
        };
        return Tables.Update([request], out _);
    }

    public XenError Map(Mfn table, int slot, Mfn target, ulong flags = Writable) =>
        Update(table, slot, PageTableEntry.Of(target.Value, flags).Value);

    /// <summary>A chain of one table per level, level 4 first, that maps one data frame at slot 0.</summary>
    public (Mfn Level4, Mfn Level3, Mfn Level2, Mfn Level1, Mfn Data) NewChain()
    {
        (Mfn l4, Mfn l3, Mfn l2, Mfn l1, Mfn data) = (NewFrame(), NewFrame(), NewFrame(), NewFrame(), NewFrame());
        Poke(l4, 0, l3);
        Poke(l3, 0, l2);
        Poke(l2, 0, l1);
        Poke(l1, 0, data);
        return (l4, l3, l2, l1, data);
    }

    public FrameType TypeOf(Mfn frame) => Frames.Describe(frame) is { TypeCount: not 0 } use ? use.Type : FrameType.None;

    public void Dispose() => Memory.Dispose();
}
