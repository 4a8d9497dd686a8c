// SPDX-License-Identifier: MIT
using Domovoi.Cpu.State;
using Domovoi.Hypervisor.Frames;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Vcpus;

/// <summary>The GDT frames and the LDT of one vCPU, and the descriptors that Xen adds to every GDT.</summary>
/// <remarks>GDT frames were checked by <c>__HYPERVISOR_set_gdt</c>; the guest cannot write them but by <c>__HYPERVISOR_update_descriptor</c>.</remarks>
public sealed class DescriptorTables(FrameTable frames)
{
    private const ulong FlatCode64 = 0x00AF_FB00_0000_FFFF;
    private const ulong FlatCode32 = 0x00CF_FB00_0000_FFFF;
    private const ulong FlatData = 0x00CF_F300_0000_FFFF;
    private const ulong XenCode64 = 0x00AF_9B00_0000_FFFF;
    private const ulong XenData = 0x00CF_9300_0000_FFFF;
    private const int EntriesPerFrame = 512;

    private readonly LdtShadow _ldt = frames.References.NewLdt();
    private readonly Mfn[] _gdt = new Mfn[X86Selectors.FirstReservedGdtPage];
    private int _gdtEntries;
    private ushort _flatCode;
    private ushort _flatStack;
    private long _flatSince = -1;

    /// <summary>Linear address of the LDT, in the kernel's address space.</summary>
    public ulong LdtBase { get; private set; }

    public int LdtEntries { get; private set; }

    /// <summary>Entries of the guest's part of the GDT.</summary>
    public int GdtEntries => _gdtEntries;

    /// <summary>The guest's GDT frames.</summary>
    public ReadOnlySpan<Mfn> GdtFrames => _gdt.AsSpan(0, (_gdtEntries + EntriesPerFrame - 1) / EntriesPerFrame);

    /// <summary>Sets the guest's part of the GDT (<c>__HYPERVISOR_set_gdt</c>).</summary>
    public void SetGdt(ReadOnlySpan<Mfn> frames, int entries)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(frames.Length, _gdt.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entries, frames.Length * EntriesPerFrame);
        frames.CopyTo(_gdt);
        _gdtEntries = entries;
    }

    /// <summary>Sets the LDT (<c>MMUEXT_SET_LDT</c>); no entries means none.</summary>
    public void SetLdt(ulong linear, int entries)
    {
        lock (frames.Gate)
        {
            _ldt.Clear();
        }

        LdtBase = linear;
        LdtEntries = entries;
    }

    /// <summary>Whether a pair of selectors was noted as 64-bit code and a flat stack, and no descriptor has changed since.</summary>
    /// <param name="changes"><see cref="Domovoi.Hypervisor.Frames.FrameTable.DescriptorChanges"/></param>
    internal bool AreFlat(ushort code, ushort stack, long changes) =>
        code == _flatCode && stack == _flatStack && changes == _flatSince;

    /// <summary>Remembers such a pair; not one from the LDT, whose contents may change unseen.</summary>
    internal void NoteFlat(ushort code, ushort stack, long changes)
    {
        const int inLdt = 4;
        (_flatCode, _flatStack, _flatSince) = (code, stack, ((code | stack) & inLdt) == 0 ? changes : -1);
    }

    /// <summary>Reads the descriptor a selector names; false when it is null or outside its table.</summary>
    public bool TryRead(Vcpu vcpu, ushort selector, out SegmentDescriptor descriptor)
    {
        int index = selector >> 3;
        if ((selector & 4) != 0)
        {
            return TryReadLdt(vcpu, index, out descriptor);
        }

        ulong raw = 0;
        if (index >= X86Selectors.FirstReservedGdtEntry)
        {
            raw = Reserved(selector);
        }
        else if (index != 0 && index < _gdtEntries)
        {
            PhysicalAddress address = PhysicalAddress.OfFrame(_gdt[index / EntriesPerFrame].Value) + (ulong)(index % EntriesPerFrame * 8);
            vcpu.Domain.Memory.TryRead(address, out raw);
        }

        descriptor = new SegmentDescriptor(raw);
        return raw != 0;
    }

    private bool TryReadLdt(Vcpu vcpu, int index, out SegmentDescriptor descriptor)
    {
        ulong raw = 0;
        lock (frames.Gate)
        {
            int page = index / EntriesPerFrame;
            if (index < LdtEntries && (_ldt.TryGet(page, out Mfn frame) || TryMapLdt(vcpu, page, out frame)))
            {
                raw = frames.Memory.FrameWords(frame.Value)[index % EntriesPerFrame];
            }
        }

        descriptor = new SegmentDescriptor(raw);
        return raw != 0;
    }

    /// <summary>Finds a page of the LDT, which lives in the kernel's address space, and has it checked.</summary>
    private bool TryMapLdt(Vcpu vcpu, int page, out Mfn frame)
    {
        ulong linear = LdtBase + ((ulong)page * PhysicalAddress.PageSize);
        frame = default;
        if (!vcpu.Domain.PageTables.TryFindFrameLocked(vcpu.AddressSpace, linear, out Mfn found) || !_ldt.TryAdd(page, found))
        {
            return false;
        }

        frame = found;
        return true;
    }

    private static ulong Reserved(ushort selector) => (selector & ~7) switch
    {
        X86Selectors.Code64 & ~7 => FlatCode64,
        X86Selectors.Code32 & ~7 => FlatCode32,
        X86Selectors.Stack & ~7 => FlatData,
        X86Selectors.XenCode => XenCode64,
        X86Selectors.XenCode + 8 => XenData,
        _ => 0,
    };
}
