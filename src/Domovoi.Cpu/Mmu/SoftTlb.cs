// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Domovoi.Cpu.State;
using Domovoi.Linux;
using Domovoi.Memory;

namespace Domovoi.Cpu.Mmu;

/// <summary>How many translations a TLB keeps.</summary>
internal enum TlbReach
{
    All,

    /// <summary>The last one.</summary>
    One,

    None,
}

/// <summary>The tables that translated code looks linear addresses up in, and their C# side.</summary>
/// <remarks>
/// Per mode direct-mapped tables with a slot for each page of 4 GiB: the slot of an address is its bits 12 to 31, so that one shift
/// finds it. A slot has a tag for reading, a tag for writing and one delta, and the host gives memory to what is used of them. A page that
/// must not be written unseen (read-only, clean, holding translated code) simply has no write tag. Filled slots are logged, so that a
/// flush costs what was filled since the last; the kernel mode's upper half apart, as it outlives most flushes.
/// <code>
/// tag = -(address of the page), so that address + tag is the offset in the page
/// host address = linear address + delta, the same for both tags
/// </code>
/// A frame has write tags in one slot at most, that of <see cref="StateLayout.WrittenSlots"/>: what revokes them need not search.
/// </remarks>
internal sealed unsafe class SoftTlb : IDisposable
{
    private const int LogCapacity = StateLayout.LogCapacity;
    private const int SlotMask = StateLayout.TlbEntries - 1;
    private const int CodeMask = StateLayout.CodeEntries - 1;

    /// <summary>After so many flushes the host gets the memory of user mode's tables back: each process has other addresses.</summary>
    internal const int FlushesBetweenTrims = 1 << 14;

    private readonly byte* _block;
    private readonly CpuState* _state;
    private readonly GuestMemory _memory;
    private readonly uint* _writtenSlots;
    private readonly List<int>[] _codeLogs = [[], []];      // per mode: which slots of the code table were filled since it was cleared
    private bool _kernelRanLowCode;
    private int _flushes;

    /// <param name="block">The processor's state block, all zeroes behind the state.</param>
    internal SoftTlb(byte* block, GuestMemory memory)
    {
        _block = block;
        _state = (CpuState*)block;
        _memory = memory;
        _state->WrittenSlots = MemoryMapping.MapAnonymous(WrittenSize, PageProtection.Read | PageProtection.Write);
        _writtenSlots = (uint*)_state->WrittenSlots;
        ClearEnds();
        ForgetZero();
    }

    /// <summary>For tests: see <see cref="VirtualCpu.TlbReach"/>.</summary>
    internal TlbReach Reach { get; set; }

    private Span<uint> LowLog => new(_block + StateLayout.LowLog, LogCapacity);

    private Span<uint> HighLog => new(_block + StateLayout.HighLog, LogCapacity);

    private nuint WrittenSize => (nuint)_memory.FrameCount * sizeof(uint);

    /// <summary>Bits 12 to 31.</summary>
    internal static int SlotOf(ulong linear) => (int)(linear >> PhysicalAddress.PageShift) & SlotMask;

    /// <summary>Forgets all data and code translations.</summary>
    internal void Flush()
    {
        ForgetCode(CpuMode.Kernel);
        ForgetCode(CpuMode.User);
        ClearLogged(LowLog, ref _state->LowLogged);
        ClearLogged(HighLog, ref _state->HighLogged);
        _kernelRanLowCode = false;
        TrimNowAndThen(CpuMode.Kernel);
    }

    /// <summary>Forgets all of user mode, and the lower half of the address space in kernel mode.</summary>
    internal void FlushLowerHalf()
    {
        if (_kernelRanLowCode)
        {
            ForgetCode(CpuMode.Kernel);
        }

        ForgetCode(CpuMode.User);
        ClearLogged(LowLog, ref _state->LowLogged);
        _kernelRanLowCode = false;
        TrimNowAndThen(CpuMode.User);
    }

    /// <summary>Forgets one page in all tables.</summary>
    internal void Invalidate(ulong linear)
    {
        ClearSlot(CpuMode.Kernel, SlotOf(linear));
        ClearSlot(CpuMode.User, SlotOf(linear));
        RememberCode(CpuMode.Kernel, linear, 0);
        RememberCode(CpuMode.User, linear, 0);
    }

    /// <summary>Makes a page known for reading or for writing. The emitted page walk does the same.</summary>
    internal void Insert(CpuMode mode, bool write, ulong linear, nint hostPage)
    {
        if (Reach != TlbReach.All)
        {
            ClearLogged(LowLog, ref _state->LowLogged);
            ClearLogged(HighLog, ref _state->HighLogged);
            if (Reach == TlbReach.None)
            {
                return;
            }
        }

        int slot = SlotOf(linear);
        bool isLow = mode == CpuMode.User || (long)linear >= 0;
        Log(isLow ? LowLog : HighLog, ref isLow ? ref _state->LowLogged : ref _state->HighLogged, ((uint)mode << 20) | (uint)slot);
        ulong tag = 0 - (linear & ~(PhysicalAddress.PageSize - 1UL));
        long delta = hostPage + (long)tag;
        if (Deltas(mode)[slot] != delta)
        {
            ClearSlot(mode, slot);
            Deltas(mode)[slot] = delta;
        }

        (write ? WriteTags(mode) : ReadTags(mode))[slot] = tag;
        if (write)
        {
            MoveWrites((ulong)(hostPage - _memory.HostBase) >> PhysicalAddress.PageShift, slot);
        }
    }

    /// <summary>The host address of <paramref name="size"/> bytes that lie in one page the table knows, or 0.</summary>
    internal nint Probe(CpuMode mode, bool write, ulong linear, int size)
    {
        int slot = SlotOf(linear);
        ulong tag = (write ? WriteTags(mode) : ReadTags(mode))[slot];
        return linear + tag <= (ulong)(PhysicalAddress.PageSize - size) ? (nint)linear + (nint)Deltas(mode)[slot] : 0;
    }

    /// <summary>Forgets where a frame may be written: it holds translated code from now on.</summary>
    internal void RevokeWrites(ulong frame)
    {
        int slot = (int)_writtenSlots[frame];
        ulong host = (ulong)_memory.HostBase + (frame << PhysicalAddress.PageShift);
        for (CpuMode mode = CpuMode.Kernel; mode <= CpuMode.User; mode++)
        {
            if ((ulong)Deltas(mode)[slot] - WriteTags(mode)[slot] == host)
            {
                WriteTags(mode)[slot] = TagOfNone(slot);
            }
        }
    }

    /// <summary>A frame is about to be known for writing in a slot; in another it must not be any more.</summary>
    private void MoveWrites(ulong frame, int slot)
    {
        if (_writtenSlots[frame] != slot)
        {
            RevokeWrites(frame);
            _writtenSlots[frame] = (uint)slot;
        }
    }

    /// <summary>Gives the host what the tables take, from those of <paramref name="first"/> on, which are empty.</summary>
    private void TrimNowAndThen(CpuMode first)
    {
        if (++_flushes < FlushesBetweenTrims)
        {
            return;
        }

        _flushes = 0;
        int start = StateLayout.DataTlb + ((int)first * StateLayout.DataTlbStride);
        MemoryMapping.Discard((nint)_block + start, (nuint)(StateLayout.Size - start));
        ClearEnds(first);
    }

    /// <summary>A full log means that the TLB is full: what it names is forgotten.</summary>
    private void Log(Span<uint> log, ref int count, uint entry)
    {
        if (count == LogCapacity)
        {
            ClearLogged(log, ref count);
        }

        log[count++] = entry;
    }

    /// <summary>The identity of the code page that a virtual page is now; 0 when unknown.</summary>
    internal int CodeOf(CpuMode mode, ulong linear) => CodeSlots(mode)[CodeSlotOf(linear)];

    /// <summary>Remembers, or with 0 forgets, which code page a virtual page is now.</summary>
    internal void RememberCode(CpuMode mode, ulong linear, int identity)
    {
        _kernelRanLowCode |= identity != 0 && mode == CpuMode.Kernel && (long)linear >= 0;
        ref int slot = ref CodeSlots(mode)[CodeSlotOf(linear)];
        if (slot == 0 && identity != 0)
        {
            if (_codeLogs[(int)mode].Count == LogCapacity)
            {
                ForgetCode(mode);
            }

            _codeLogs[(int)mode].Add(CodeSlotOf(linear));
        }

        slot = identity;
    }

    private void ForgetCode(CpuMode mode)
    {
        int* slots = CodeSlots(mode);
        foreach (int filled in CollectionsMarshal.AsSpan(_codeLogs[(int)mode]))
        {
            slots[filled] = 0;
        }

        _codeLogs[(int)mode].Clear();
    }

    /// <summary>Remembers where an indirect branch to <paramref name="rip"/> goes.</summary>
    internal void RememberJump(CpuMode mode, ulong rip, nint checkedEntry)
    {
        int slot = HostProcessor.HasBmi2 ? (int)(rip >> 1) & (StateLayout.JumpEntries - 1) : (byte)rip;
        ulong* entry = Jumps((int)mode) + (slot * 2);
        entry[0] = 0 - rip;
        entry[1] = (ulong)checkedEntry;
    }

    /// <summary>Forgets all indirect branches: the code they lead to is gone.</summary>
    internal void ForgetJumps()
    {
        for (int mode = 0; mode < 2; mode++)
        {
            new Span<ulong>(Jumps(mode), StateLayout.JumpEntries * 2).Clear();
        }

        ForgetZero();
    }

    /// <summary>A tag of 0 is that of address 0, which is looked up in the first slot: there it must be another.</summary>
    private void ForgetZero() => *Jumps(0) = *Jumps(1) = 1;

    private ulong* Jumps(int mode) => (ulong*)(_block + StateLayout.JumpTable + (mode * StateLayout.JumpStride));

    private static int CodeSlotOf(ulong linear) => (int)(linear >> PhysicalAddress.PageShift) & CodeMask;

    private int* CodeSlots(CpuMode mode) => (int*)(_block + StateLayout.CodeTlb + ((int)mode * StateLayout.CodeTlbStride));

    private ulong* ReadTags(CpuMode mode) => (ulong*)(_block + StateLayout.ReadTags + ((int)mode * StateLayout.DataTlbStride));

    private ulong* WriteTags(CpuMode mode) => (ulong*)(_block + StateLayout.WriteTags + ((int)mode * StateLayout.DataTlbStride));

    private long* Deltas(CpuMode mode) => (long*)(_block + StateLayout.Deltas + ((int)mode * StateLayout.DataTlbStride));

    /// <summary>A tag that no address of a slot fits: that of a page half the table away.</summary>
    private static ulong TagOfNone(int slot) => 0 - ((ulong)(slot ^ (StateLayout.TlbEntries / 2)) << PhysicalAddress.PageShift);

    private void ClearSlot(CpuMode mode, int slot) => ReadTags(mode)[slot] = WriteTags(mode)[slot] = TagOfNone(slot);

    /// <summary>The tag 0 of fresh memory fits the first page, and what an access that begins in the last wraps around to: their slots need another.</summary>
    private void ClearEnds(CpuMode first = CpuMode.Kernel)
    {
        for (CpuMode mode = first; mode <= CpuMode.User; mode++)
        {
            ClearSlot(mode, 0);
            ClearSlot(mode, SlotMask);
        }
    }

    private void ClearLogged(Span<uint> log, ref int count)
    {
        foreach (uint filled in log[..count])
        {
            ClearSlot((CpuMode)(filled >> 20), (int)filled & SlotMask);
        }

        count = 0;
    }

    public void Dispose() => MemoryMapping.Unmap((nint)_writtenSlots, WrittenSize);
}
